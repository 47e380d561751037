// NeighbourPicker: which texts lie nearest to the picked one, and which farthest.

function compute(data, state) {
  const { texts, kinds, count } = data.meta;
  const cosines = data.arrays.cosines.at(state.chosen);
  const opinions = data.arrays.opinions?.at() ?? texts.map(() => null);
  const all = texts.map((text, index) => ({ index, text, kind: kinds[index], opinion: opinions[index], cosine: cosines[index] }));
  const ordered = all.filter(({ index }) => index !== state.chosen).sort((a, b) => b.cosine - a.cosine || a.index - b.index);
  return {
    chosen: all[state.chosen],
    nearest: ordered.slice(0, count), farthest: ordered.slice(-count).reverse(), ordered,
  };
}

// --- marks: praise points up, blame down, and neither is round ---------------------

const OPINIONS = [
  { opinion: 1, name: "praise", look: "av-opinion av-positive", path: "M0,-7 L7,5.5 L-7,5.5 Z" },
  { opinion: -1, name: "blame", look: "av-opinion av-negative", path: "M0,7 L7,-5.5 L-7,-5.5 Z" },
  { opinion: 0, name: "neither", look: "av-opinion av-neither", path: "M-5,0 a5,5 0 1,0 10,0 a5,5 0 1,0 -10,0 Z" },
];
const kindOf = (opinion) => OPINIONS.find((one) => one.opinion === opinion) ?? OPINIONS[2];

function smallMark() {
  const path = drawn("path");
  const node = drawn("svg", { class: "av-small", "aria-hidden": "true", viewBox: "-8 -8 16 16", width: 14, height: 14 }, path);
  return { node, set(opinion) { fill(path, { d: kindOf(opinion).path, class: kindOf(opinion).look }, []); } };
}

// --- the lists ------------------------------------------------------------------

// A cosine on a line from `low` to 1; the bar starts at zero.
function cosineBar(low) {
  const at = (value) => (100 * (value - low)) / (1 - low);
  const rect = drawn("rect", { class: "av-weight-fill", y: 1, height: 6, rx: 2 });
  const zero = drawn("line", { class: "av-zero", x1: percent(at(0)), x2: percent(at(0)), y1: 0, y2: 8 });
  const track = drawn("rect", { class: "av-track", y: 1, height: 6, rx: 2, width: "100%" });
  return {
    node: bar(track, rect, zero),
    set(value) {
      rect.setAttribute("x", percent(at(Math.min(value, 0))));
      rect.setAttribute("width", percent(at(Math.abs(value)) - at(0)));
    },
  };
}

function neighbourRow(place, { low, marked }, onpick) {
  const strip = cosineBar(low);
  const number = html("span", { class: "av-number" });
  const mark = marked && smallMark();
  let index = 0;
  const text = html("button", { type: "button", class: "av-go", onclick: () => onpick(index) });
  const node = html("li", { class: "av-row" }, html("span", { class: "av-place", "aria-hidden": "true" }, place),
    mark ? mark.node : html("span"), text, number, html("span", { class: "av-graphic" }, strip.node));
  return {
    node,
    set(one) {
      index = one.index;
      text.textContent = one.text;
      mark?.set(one.opinion);
      if (mark) text.setAttribute("aria-label", `${one.text} (${kindOf(one.opinion).name})`);
      strip.set(one.cosine);
      number.textContent = decimals(one.cosine);
    },
  };
}

function neighbourList(title, count, options, onpick) {
  const rows = Array.from({ length: count }, (_, i) => neighbourRow(options.places ? String(i + 1) : "", options, onpick));
  const node = html("section", { class: "av-list", "aria-label": title },
    html("div", { class: "av-heads" }, html("span", { class: "av-title" }, title), html("span", { class: "av-title" }, "Cosine")),
    html("ol", { class: "av-rows" }, ...rows.map((row) => row.node)));
  return { node, set: (neighbours) => rows.forEach((row, i) => row.set(neighbours[i])) };
}

// --- the map --------------------------------------------------------------------

const MAP = { width: 340, height: 300, margin: 20 };

// Both directions at one scale, in the middle of the drawing.
function onMap(places) {
  const spread = [0, 1].map((axis) => {
    const values = places.map((place) => place[axis]);
    return [Math.min(...values), Math.max(...values)];
  });
  const room = [MAP.width, MAP.height].map((length) => length - 2 * MAP.margin);
  const scale = Math.min(...spread.map(([low, high], axis) => (high > low ? room[axis] / (high - low) : Infinity)).filter(Number.isFinite), 1e6);
  const middle = (axis) => (spread[axis][0] + spread[axis][1]) / 2;
  return places.map(([x, y]) => [MAP.width / 2 + scale * (x - middle(0)), MAP.height / 2 - scale * (y - middle(1))]);
}

// Where a number stands near its mark: the first place that is free and on the map.
function freePlace([x, y], taken) {
  const around = [14, 24, 36].flatMap((far) => Array.from({ length: 8 }, (_, i) => (Math.PI / 4) * i)
    .map((turn) => [x + far * Math.cos(turn), y - far * Math.sin(turn)]));
  const free = around.find(([a, b]) => a > 8 && a < MAP.width - 8 && b > 10 && b < MAP.height - 10
    && taken.every(([c, d]) => Math.abs(a - c) > 12 || Math.abs(b - d) > 15)) ?? around[0];
  taken.push(free);
  return free;
}

function sentenceMap({ texts, count, places, opinions }, onpick, onpoint) {
  const spots = onMap(places);
  const at = ([x, y]) => `translate(${x.toFixed(1)} ${y.toFixed(1)})`;
  const marks = texts.map((_, i) => drawn("path", {
    d: kindOf(opinions[i]).path, transform: at(spots[i]), onclick: () => onpick(i), onpointerenter: () => onpoint(i), onpointerleave: () => onpoint(null),
  }));
  const lines = Array.from({ length: count }, () => drawn("line", { class: "av-thread" }));
  const labels = lines.map((_, i) => drawn("text", { class: "av-rank", "text-anchor": "middle" }, String(i + 1)));
  const ring = drawn("circle", { class: "av-ring", r: 12 });
  const layer = drawn("g");
  const node = drawn("svg", { class: "av-map", "aria-hidden": "true", viewBox: `0 0 ${MAP.width} ${MAP.height}` }, ...lines, layer, ring, ...labels);
  return {
    node,
    set({ chosen, nearest }) {
      const near = nearest.map(({ index }) => index);
      const [x, y] = spots[chosen.index];
      fill(ring, { cx: x, cy: y }, []);
      const taken = [...new Set([chosen.index, ...near])].map((index) => spots[index]);
      near.forEach((index, i) => {
        const [a, b] = spots[index];
        fill(lines[i], { x1: x, y1: y, x2: a, y2: b }, []);
        const [left, base] = freePlace(spots[index], taken);
        fill(labels[i], { x: left, y: base + 5 }, []);
      });
      const front = new Set([...near, chosen.index]);
      marks.forEach((mark, i) => mark.setAttribute("class", `${kindOf(opinions[i]).look} ${front.has(i) ? "av-front" : ""}`));
      layer.replaceChildren(...marks.filter((_, i) => !front.has(i)), ...[...front].map((i) => marks[i]));
    },
  };
}

// --- the explorer -----------------------------------------------------------------

function render({ model, el }) {
  const { meta, change, show } = connect({ model, el });
  const data = { meta, arrays: readArrays(model) };
  const { texts, kinds, count } = meta;
  const low = Math.min(0, Math.floor(10 * Math.min(...data.arrays.cosines.values)) / 10);

  const { places: spots, opinions } = data.arrays;
  const marked = Boolean(opinions);
  const places = texts.map((_, i) => spots.at(i));
  const pick = (index) => change({ chosen: index });
  const which = choice({ label: "Sentence", options: texts, onchange: pick });
  const lists = [["nearest", "Nearest"], ["farthest", "Farthest"]].map(([name, title]) =>
    [name, neighbourList(title, count, { low, marked, places: name === "nearest" }, pick)]);
  const pointed = html("p", { class: "av-pointed" });
  const named = (index) => { pointed.textContent = [`“${texts[index]}”`, kinds[index]].filter(Boolean).join(" · "); };
  const map = sentenceMap({ texts, count, places, opinions: opinions?.at() ?? [] }, pick, (index) => named(index ?? model.get("chosen")));
  const verdict = html("p", { class: "av-verdict" });
  const key = marked && html("p", { class: "av-key" }, ...OPINIONS.flatMap(({ opinion, name }) => {
    const mark = smallMark();
    mark.set(opinion);
    return [html("span", {}, mark.node, name)];
  }));
  const chart = html("section", { class: "av-chart", "aria-label": "Map" }, html("span", { class: "av-title" }, "Map of all sentences"), map.node, pointed, key);
  const figure = html("div", { class: "av-figure" }, verdict,
    html("div", { class: "av-parts" }, chart, html("div", { class: "av-lists" }, ...lists.map(([, list]) => list.node))),
    foot(meta.claim, ["The ring is the sentence that was picked; its nearest have numbers. Click a sentence to go there.",
      `A map on paper keeps ${wholePercent(meta.kept)} of what tells the vectors apart: two that stand close on it may be far apart. The lists use all of it.`,
      `The cosine says how alike two vectors point: 1 is the same direction, 0 has nothing in common. The bars go from ${decimals(low, 1)} to 1.`], "Starting sentence"));

  function draw(state) {
    const result = compute(data, state);
    which.set(result.chosen.index);
    map.set(result);
    named(result.chosen.index);
    for (const [name, list] of lists) list.set(result[name]);
    verdict.replaceChildren(...sentence(result));
    return { said: verdict.textContent, tables: () => [numberTable(result, kinds.some(Boolean))] };
  }

  return show({
    kind: "av-claim av-neighbour-picker", controls: [which.node], figure, draw,
    random: (state) => ({ chosen: anotherOf(texts.length, state.chosen) }),
    fileName: (state) => `neighbour-picker-${state.chosen}`,
    saved: (state) => compute(data, state),
  });
}

function sentence({ chosen, nearest, farthest }) {
  const named = ({ text, cosine }) => [`“${text}” (`, strong(decimals(cosine)), ")"];
  return ["Nearest to ", strong(`“${chosen.text}”`), ": ", ...named(nearest[0]), ". Farthest: ", ...named(farthest[0]), "."];
}

function numberTable({ chosen, ordered }, withKinds) {
  const columns = ["sentence", ...(withKinds ? ["kind"] : []), "cosine"];
  return table(`Cosine of every other sentence with “${chosen.text}”`, columns,
    ordered.map(({ text, kind, cosine }) => [text, ...(withKinds ? [kind] : []), decimals(cosine, 4)]));
}

export default { render };
