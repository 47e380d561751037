// NeighbourPicker: which texts lie nearest to the picked one, and which farthest.

function compute(data, state) {
  const { texts, kinds, count } = data.meta;
  const cosines = data.arrays.cosines.at(state.chosen);
  const others = texts.map((text, index) => ({ index, text, kind: kinds[index], cosine: cosines[index] }))
    .filter(({ index }) => index !== state.chosen);
  const ordered = others.sort((a, b) => b.cosine - a.cosine || a.index - b.index);
  return {
    chosen: { index: state.chosen, text: texts[state.chosen], kind: kinds[state.chosen] },
    nearest: ordered.slice(0, count), farthest: ordered.slice(-count).reverse(), ordered,
  };
}

// A cosine on a line from `low` to 1; the bar starts at zero.
function cosineBar(low) {
  const at = (value) => (100 * (value - low)) / (1 - low);
  const rect = drawn("rect", { class: "av-weight-fill", y: 3, height: 14, rx: 3 });
  const zero = drawn("line", { class: "av-zero", x1: percent(at(0)), x2: percent(at(0)), y1: 0, y2: 20 });
  const track = drawn("rect", { class: "av-track", y: 3, height: 14, rx: 3, width: "100%" });
  return {
    node: bar(track, rect, zero),
    set(value) {
      rect.setAttribute("x", percent(at(Math.min(value, 0))));
      rect.setAttribute("width", percent(at(Math.abs(value)) - at(0)));
    },
  };
}

function neighbourRow(low, onpick) {
  const strip = cosineBar(low);
  const cosine = cell("cosine", "cosine", strip.node);
  const kind = html("span", { class: "av-under" });
  let index = 0;
  const text = html("button", { type: "button", class: "av-go", onclick: () => onpick(index) });
  const node = html("li", { class: "av-row" }, html("div", { class: "av-name" }, text, kind), cosine.node);
  return {
    node,
    set(one) {
      index = one.index;
      text.textContent = one.text;
      kind.textContent = one.kind;
      kind.hidden = !one.kind;
      strip.set(one.cosine);
      cosine.number.textContent = decimals(one.cosine);
    },
  };
}

function neighbourList(title, count, low, onpick) {
  const rows = Array.from({ length: count }, () => neighbourRow(low, onpick));
  const node = html("section", { class: "av-list", "aria-label": title },
    html("div", { class: "av-head" }, html("span", { class: "av-title" }, title), html("span", { class: "av-title" }, "Cosine")),
    html("ol", { class: "av-rows" }, ...rows.map((row) => row.node)));
  return { node, set: (neighbours) => rows.forEach((row, i) => row.set(neighbours[i])) };
}

function render({ model, el }) {
  const { meta, change, show } = connect({ model, el });
  const data = { meta, arrays: readArrays(model) };
  const { texts, kinds, count } = meta;
  const low = Math.min(0, Math.floor(10 * Math.min(...data.arrays.cosines.values)) / 10);

  const pick = (index) => change({ chosen: index });
  const which = choice({ label: "Sentence", options: texts, onchange: pick });
  const lists = [["nearest", "Nearest"], ["farthest", "Farthest"]].map(([name, title]) => [name, neighbourList(title, count, low, pick)]);
  const verdict = html("p", { class: "av-verdict" });
  const figure = html("div", { class: "av-figure" }, verdict,
    html("div", { class: "av-lists" }, ...lists.map(([, list]) => list.node)),
    foot(meta.claim, `The cosine says how alike two vectors point: 1 is the same direction, 0 has nothing in common. The bars go from ${decimals(low, 1)} to 1. Click a sentence to go there.`, "Starting sentence"));

  function draw(state) {
    const result = compute(data, state);
    which.set(result.chosen.index);
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
