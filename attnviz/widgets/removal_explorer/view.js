// RemovalExplorer (figure F2, "Pull the plug"): what the model looks at most is not what it needs most.

const CARD_HEIGHT = 34;
const WIRE = 16; // from a card to the thermometer, in pixels
const SAME = 0.005; // probabilities closer than this are shown as one

function compute(data, state) {
  const { fields, order_names: names, averaged } = data.meta;
  const columns = names.map((name, o) => {
    const mean = averaged.includes(name);
    const logits = data.arrays.logits.at(state.case, o);
    const order = mean ? fields : data.arrays.orders.at(state.case, o).map((i) => fields[i]);
    return {
      name, mean, order, logits, probabilities: logits.map(sigmoid), logit: logits[state.removed],
      probability: sigmoid(logits[state.removed]), drop: logits[0] - logits[state.removed],
      gone: mean ? null : order.slice(0, state.removed),
    };
  });
  return { columns, removed: state.removed, full: columns[0].probabilities[0], most: argmax(columns.map((one) => one.drop)) };
}

// The orders that take most of the score, as the numbers are shown; none where all take the same.
function deepest({ columns, most, full }) {
  const low = columns[most].probability;
  const lowest = columns.flatMap(({ probability }, o) => (probability - low < SAME ? [o] : []));
  return low > full - SAME || lowest.length === columns.length ? [] : lowest;
}

// --- parts of the drawing ---------------------------------------------------

// One field. It leaves at its place, or, in an averaged order, fades together with the others.
function card() {
  const face = drawn("rect", { class: "av-face", x: 1, y: 2, height: CARD_HEIGHT - 4, rx: 5 });
  const edge = drawn("rect", { class: "av-edge", x: 1, y: 2, width: "100%", height: CARD_HEIGHT - 4, rx: 5 });
  const strike = drawn("line", { class: "av-strike", x1: 4, x2: "97%", y1: CARD_HEIGHT / 2, y2: CARD_HEIGHT / 2 });
  const wire = drawn("line", { class: "av-wire", x1: 0, x2: "100%", y1: CARD_HEIGHT / 2, y2: CARD_HEIGHT / 2 });
  const [place, name] = [html("span", { class: "av-place" }), html("span", { class: "av-field" })];
  const body = html("div", { class: "av-card" },
    drawn("svg", { class: "av-bar av-shape", "aria-hidden": "true", overflow: "visible", height: CARD_HEIGHT }, face, edge, strike),
    html("span", { class: "av-words" }, place, name));
  const node = html("li", { class: "av-plug" }, body,
    drawn("svg", { class: "av-bar av-gap", "aria-hidden": "true", height: CARD_HEIGHT, width: WIRE }, wire));
  return {
    node,
    set({ field, index, share, mean }) {
      const out = share === 1;
      node.classList.toggle("av-out", out);
      place.textContent = mean ? "" : out ? "\u00d7" : String(index + 1);
      name.textContent = field;
      face.setAttribute("width", percent(100 * (1 - share)));
      edge.setAttribute("stroke-dasharray", share > 0 ? "4 3" : "none");
      strike.setAttribute("visibility", out ? "visible" : "hidden");
      wire.setAttribute("visibility", out ? "hidden" : "visible");
      wire.setAttribute("stroke-opacity", String(1 - share));
    },
  };
}

// What is left of the score, what has been lost, and where the score was with all fields.
function thermometer(height) {
  const tube = { x: "2%", width: "48%", rx: 6 };
  const lost = drawn("rect", { class: "av-lost", ...tube });
  const mercury = drawn("rect", { class: "av-mercury", ...tube });
  const full = drawn("line", { class: "av-mark", x1: 0, x2: "60%", "stroke-dasharray": "4 2" });
  const ticks = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => {
    const y = `${100 * (1 - share)}%`;
    return [drawn("line", { class: "av-tick", x1: "52%", x2: "58%", y1: y, y2: y }),
      share % 0.5 ? null : drawn("text", { class: "av-tick-text", x: "66%", y, dy: "0.35em" }, String(share))];
  });
  const node = drawn("svg", { class: "av-bar av-thermometer", "aria-hidden": "true", overflow: "visible", height },
    drawn("rect", { class: "av-track", ...tube, height: "100%" }), lost, mercury, ...ticks.filter(Boolean), full);
  const span = (rect, low, high) => {
    rect.setAttribute("y", percent(100 * (1 - high)));
    rect.setAttribute("height", percent(100 * (high - low)));
  };
  return {
    node,
    set(left, before) {
      span(mercury, 0, left);
      span(lost, 0, Math.max(left, before));
      for (const end of ["y1", "y2"]) full.setAttribute(end, percent(100 * (1 - before)));
    },
  };
}

function orderColumn(name, mean, count) {
  const cards = Array.from({ length: count }, card);
  const mercury = thermometer(CARD_HEIGHT * count + 4 * (count - 1));
  const under = html("span", { class: "av-under" });
  const [left, fall, logit] = [html("span", { class: "av-left" }), html("span", { class: "av-fall" }), html("span", { class: "av-under" })];
  const badge = html("span", { class: "av-badge" }, "falls most");
  const node = html("section", { class: "av-order", "aria-label": name },
    html("div", { class: "av-order-head" }, html("span", { class: "av-title" }, name), under),
    html("div", { class: "av-order-body" }, html("div", { class: "av-order-parts" },
      html("ul", { class: "av-cards" }, ...cards.map((one) => one.node)), mercury.node)),
    html("div", { class: "av-remains" }, left, html("span", { class: "av-change" }, fall, logit), badge));
  return {
    node,
    set(column, { removed, full }, isDeepest) {
      under.textContent = mean ? "mean over many orders" : "top card leaves first";
      cards.forEach((one, index) => one.set({
        field: column.order[index], index, mean, share: mean ? removed / count : Number(index < removed),
      }));
      mercury.set(column.probability, full);
      left.textContent = decimals(column.probability);
      fall.textContent = movement(column.probability - full);
      logit.textContent = `logit ${decimals(column.logit, 2, true)} (${decimals(-column.drop, 2, true)})`;
      badge.hidden = !isDeepest;
      node.classList.toggle("av-deepest", isDeepest);
    },
  };
}

function movement(difference) {
  if (Math.abs(difference) < SAME) return "does not move";
  return `${difference < 0 ? "falls" : "rises"} by ${decimals(Math.abs(difference))}`;
}

// --- the explorer -------------------------------------------------------------

function render({ model, el }) {
  const { meta, change, show } = connect({ model, el });
  const data = { meta, arrays: readArrays(model) };
  const { fields, order_names: names, averaged, cases } = meta;

  const count = slider({
    label: "Fields removed", min: 0, max: fields.length, step: 1, ends: ["none", "all"],
    oninput: (removed) => change({ removed }, true),
  });
  const which = choice({ label: "Case", options: cases, onchange: (i) => change({ case: i }, true) });
  const columns = names.map((name) => orderColumn(name, averaged.includes(name), fields.length));
  const verdict = html("p", { class: "av-verdict" });
  const orders = html("div", { class: "av-orders" }, ...columns.map((column) => column.node));
  orders.style.setProperty("--av-count", names.length);
  orders.style.setProperty("--av-abreast", names.length > 3 ? 2 : names.length);
  const figure = html("div", { class: "av-figure" }, verdict, orders,
    foot(meta.claim, ["The thermometer shows the probability that remains. The dashed line is the probability with all fields.",
      ...(averaged.length ? [`The cards of ${averaged.join(" and ")} fade together: in a mean over many orders every field is out equally often.`] : [])]));

  function draw(state) {
    const result = compute(data, state);
    count.set(state.removed, `${state.removed} of ${fields.length}`);
    which.set(state.case);
    const marked = deepest(result);
    columns.forEach((column, o) => column.set(result.columns[o], result, marked.includes(o)));
    verdict.replaceChildren(...sentence(result, fields.length));
    return { said: `${state.removed} of ${fields.length} removed. ${verdict.textContent}`, tables: () => [numberTable(result)] };
  }

  return show({
    kind: "av-claim av-removal-explorer", controls: [count.node, which.node], figure, draw,
    fileName: (state) => `removal-explorer-case-${state.case}-removed-${state.removed}`,
    saved: (state) => ({ ...state, case_name: cases[state.case], ...compute(data, state) }),
  });
}

function sentence({ columns, removed, full, most: place }, count) {
  const [first, most] = [columns[0], columns[place]];
  if (removed === 0) return ["With all fields the probability is ", strong(decimals(full)), "."];
  const start = [`With all fields the probability is ${decimals(full)}. `];
  if (removed === count) return [...start, "With all of them removed it is ", strong(decimals(first.probability)), ", in whatever order they went."];
  const named = ({ name, gone }) => (gone ? `${name} (${gone.join(", ")})` : name);
  const many = removed === 1 ? "one field" : `${removed} fields`;
  const left = [...start, `Remove ${many} ${named(first)}: `, strong(decimals(first.probability)), " is left"];
  if (first.probability - most.probability < SAME) return [...left, "; no other order here takes more."];
  return [...left, `; ${named(most)}: `, strong(decimals(most.probability)), "."];
}

function numberTable({ columns }) {
  const show = (value) => decimals(value, 4);
  const titles = ["removed", ...columns.flatMap(({ name, mean }) => [
    ...(mean ? [] : [`${name}: field`]), `${name}: probability`, `${name}: logit`])];
  const rows = columns[0].logits.map((_, k) => [String(k), ...columns.flatMap(({ mean, order, probabilities, logits }) => [
    ...(mean ? [] : [k ? order[k - 1] : "none"]), show(probabilities[k]), show(logits[k])])]);
  return table("What remains of this case's score after each removal", titles, rows);
}

export default { render };
