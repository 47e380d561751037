// FieldMatrix: self-attention among fields; a row looks at all columns.

const MEAN = -1; // the mean over the heads
const [DARK, DARKER] = [0.72, 0.86]; // shares from which the number on a cell turns, by theme

function compute(data, { case: index, head, row }) {
  const { names, heads } = data.meta;
  const one = (which) => names.map((_, query) => data.arrays.weights.at(index, which, query));
  const all = heads.map((_, which) => one(which));
  const matrix = head === MEAN
    ? names.map((_, query) => names.map((__, key) => sum(all.map((grid) => grid[query][key])) / heads.length)) : all[head];
  const looked_at = names.map((_, key) => sum(matrix.map((line) => line[key])) / names.length);
  return { matrix, looks: matrix[row], looked_at, most: argmax(matrix[row]), column: argmax(looked_at) };
}

// --- parts of the drawing ---------------------------------------------------

function shade() {
  const rect = drawn("rect", { class: "av-shade", width: "100%", height: 34 });
  const text = html("span", { class: "av-on-shade" });
  return {
    node: html("div", { class: "av-matrix-cell" },
      drawn("svg", { class: "av-bar", "aria-hidden": "true", height: 34 }, drawn("rect", { class: "av-empty", width: "100%", height: 34 }), rect), text),
    set(weight) {
      rect.setAttribute("fill-opacity", clamp(weight, 0, 1).toFixed(4));
      text.textContent = decimals(weight);
      text.classList.toggle("av-dark", weight > DARK);
      text.classList.toggle("av-darker", weight > DARKER);
    },
  };
}

function matrixRow(name, names, onclick, onkeydown) {
  const cells = names.map(shade);
  const choose = html("button", { type: "button", class: "av-row-name", "aria-pressed": "false", onkeydown }, name);
  return {
    choose,
    node: html("div", { class: "av-matrix-row", onclick }, choose, ...cells.map((one) => one.node)),
    set(weights, chosen) {
      cells.forEach((one, key) => one.set(weights[key]));
      choose.setAttribute("aria-pressed", String(chosen));
    },
  };
}

function barRow(name) {
  const weight = weightBar();
  const { node, number } = cell("weight", "weight", weight.node);
  return {
    node: html("div", { class: "av-row" }, html("div", { class: "av-name" }, name), node),
    set(value, marked) {
      weight.set(value, { marked });
      number.textContent = decimals(value);
    },
  };
}

// --- the explorer -------------------------------------------------------------

function render({ model, el }) {
  const { meta, change, show } = connect({ model, el });
  const data = { meta, arrays: readArrays(model) };
  const { names, heads, cases } = meta;

  function step(event) {
    const way = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!way) return;
    event.preventDefault();
    const row = clamp(model.get("row") + way, 0, names.length - 1);
    change({ row });
    lines[row].choose.focus();
  }

  const layer = choice({ label: "Head", options: ["mean of the heads", ...heads], onchange: (i) => change({ head: i - 1 }) });
  const which = choice({ label: "Case", options: cases, onchange: (i) => change({ case: i }) });
  const columns = names.map((name) => html("span", { class: "av-column-name" }, name));
  const lines = names.map((name, i) => matrixRow(name, names, () => change({ row: i }), step));
  const bars = names.map(barRow);
  const looker = html("span", { class: "av-title" });
  const grid = html("div", { class: "av-matrix", role: "group", "aria-label": "Who looks; arrow keys change the row" },
    html("div", { class: "av-matrix-row av-matrix-top" }, html("span", { class: "av-column-name av-corner" }, "looks ↓ at →"), ...columns),
    ...lines.map((line) => line.node));
  grid.style.setProperty("--av-names", names.length);
  const panel = html("div", { class: "av-panel" }, looker,
    html("span", { class: "av-under" }, "0 to 1; the thin line is the mean of the column"), ...bars.map((one) => one.node));
  const verdict = html("p", { class: "av-verdict" });
  const figure = html("div", { class: "av-figure" }, verdict, html("div", { class: "av-parts" }, grid, panel),
    foot(meta.claim, "A row is one that looks, a column one that is looked at; each row sums to 1. Choose a row by its name, or with the arrow keys."));

  function draw(state) {
    const result = compute(data, state);
    layer.set(state.head + 1);
    which.set(state.case);
    lines.forEach((line, query) => line.set(result.matrix[query], query === state.row));
    bars.forEach((one, key) => one.set(result.looks[key], result.looked_at[key]));
    looker.textContent = `Where ${names[state.row]} looks`;
    verdict.replaceChildren(...sentence(result, names, state));
    return { said: verdict.textContent, tables: () => [numberTable(result, names)] };
  }

  return show({
    kind: "av-claim av-field-matrix", controls: [layer.node, which.node], figure, draw,
    fileName: (state) => `field-matrix-case-${state.case}-head-${state.head}`,
    saved: (state) => ({ ...state, case_name: cases[state.case], names, ...compute(data, state) }),
  });
}

function sentence({ looks, most, column, looked_at: seen }, names, { row }) {
  const itself = most === row ? ["itself"] : [strong(names[most])];
  const own = most === row ? "" : ` and with ${decimals(looks[row])} at itself`;
  return [strong(names[row]), " looks most at ", ...itself, `, with a weight of ${decimals(looks[most])}${own}. `,
    "Most looked at by all is ", strong(names[column]), `, with ${decimals(seen[column])} in the mean.`];
}

function numberTable({ matrix, looked_at: seen }, names) {
  const show = (value) => decimals(value, 4);
  const body = names.map((name, query) => [name, ...matrix[query].map(show)]);
  return table("Every weight of this case; a row looks at the columns", ["looks", ...names],
    [...body, ["mean of the column", ...seen.map(show)]]);
}

export default { render };
