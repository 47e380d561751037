// HeadsExplorer (figure F5): heads by fields; outline = weight, disc = weight x value norm.

const RADIUS = 47; // of a circle with weight 1, in a cell of 100 by 100

function compute(data, { case: index, field, length }) {
  const { fields, heads } = data.meta;
  const norms = heads.map((_, head) => data.arrays.value_norms.at(index, head));
  const longest = Math.max(...norms.flat()) || 1;
  const rows = heads.map((head, i) => ({
    head, weights: data.arrays.weights.at(index, i),
    norms: norms[i].map((norm, place) => (place === field && length !== null ? length : norm / longest)),
  }));
  for (const row of rows) row.handed_on = row.weights.map((weight, place) => weight * row.norms[place]);
  const along = (name) => fields.map((_, place) => sum(rows.map((row) => row[name][place])));
  const handed = along("handed_on");
  const mean_weights = along("weights").map((value) => value / heads.length);
  return {
    rows, mean_weights, mean_handed_on: handed.map((value) => value / heads.length),
    shares: handed.map((value) => value / (sum(handed) || 1)),
    filled: handed[field] / (heads.length * mean_weights[field] || 1), // of all circles of the field
    looked: argmax(mean_weights), used: argmax(handed),
  };
}

// --- parts of the drawing ---------------------------------------------------

function circleCell(onclick) {
  const outline = drawn("circle", { class: "av-outline", cx: 50, cy: 50 });
  const disc = drawn("circle", { class: "av-disc", cx: 50, cy: 50 });
  const numbers = html("span", { class: "av-pair" });
  return {
    node: html("div", { class: "av-circle", onclick },
      drawn("svg", { viewBox: "0 0 100 100", "aria-hidden": "true" }, disc, outline), numbers),
    set(weight, handed) {
      outline.setAttribute("r", RADIUS * Math.sqrt(clamp(weight, 0, 1)));
      disc.setAttribute("r", RADIUS * Math.sqrt(clamp(handed, 0, 1)));
      numbers.textContent = `${decimals(weight)} · ${decimals(handed)}`;
    },
  };
}

function gridRow(title, fields, choose) {
  const cells = fields.map((_, place) => circleCell(() => choose(place)));
  return {
    node: html("div", { class: "av-heads-row" }, html("span", { class: "av-head-name" }, title), ...cells.map((one) => one.node)),
    set(weights, handed, chosen) {
      cells.forEach((one, place) => {
        one.set(weights[place], handed[place]);
        one.node.classList.toggle("av-chosen", place === chosen);
      });
    },
  };
}

// --- the explorer -------------------------------------------------------------

function render({ model, el }) {
  const { meta, change, show } = connect({ model, el });
  const data = { meta, arrays: readArrays(model) };
  const { fields, heads, cases } = meta;

  const atCase = (i) => ({ case: i, length: null });
  const choose = (field) => change({ field, length: null });
  const length = slider({
    label: "Length of its values", min: 0, max: 100, step: 1, ends: ["nothing", "as long as the longest"],
    oninput: (share) => change({ length: share / 100 }),
  });
  const column = choice({ label: "Field", options: fields, onchange: choose });
  const which = choice({ label: "Case", options: cases, onchange: (i) => change(atCase(i)) });
  const names = fields.map((field) => html("span", { class: "av-column-name" }, field));
  const top = html("div", { class: "av-heads-row av-heads-top" }, html("span", { class: "av-head-name" }), ...names);
  const lines = heads.map((head) => gridRow(head, fields, choose));
  const all = gridRow("mean", fields, choose);
  all.node.classList.add("av-heads-mean");
  const verdict = html("p", { class: "av-verdict" });
  const grid = html("div", { class: "av-heads-grid" }, top, ...lines.map((line) => line.node), all.node);
  grid.style.setProperty("--av-fields", fields.length);
  const figure = html("div", { class: "av-figure" }, verdict, grid, foot(meta.claim, [
    "Area of the outline: weight; a circle as wide as its cell is 1. Area of the disc: weight × length of the value; the longest value of the case has length 1, and its circle is full.",
    "Beneath a circle: weight · weight × length. Last row: the mean over the heads."]));

  function draw(state) {
    const result = compute(data, state);
    column.set(state.field);
    which.set(state.case);
    const filled = Math.round(100 * result.filled);
    length.set(filled, `${filled}% of the longest`);
    names.forEach((name, place) => name.classList.toggle("av-chosen", place === state.field));
    lines.forEach((line, i) => line.set(result.rows[i].weights, result.rows[i].handed_on, state.field));
    all.set(result.mean_weights, result.mean_handed_on, state.field);
    verdict.replaceChildren(...sentence(result, fields, state.field));
    return { said: verdict.textContent, tables: () => [numberTable(result, fields)] };
  }

  return show({
    kind: "av-claim av-heads-explorer", controls: [column.node, length.node, which.node], figure, draw,
    buttons: [button("Own lengths", () => change({ length: null }))], atCase,
    fileName: (state) => `heads-explorer-case-${state.case}`,
    saved: (state) => ({ ...state, case_name: cases[state.case], fields, ...compute(data, state) }),
  });
}

function sentence({ mean_weights, shares, looked, used }, fields, field) {
  const first = looked === used ? ["Most weight lies on ", strong(fields[looked]), ", and it hands on most."]
    : ["Most weight lies on ", strong(fields[looked]), ", but ", strong(fields[used]), " hands on most."];
  return ["The heads look at ", strong(fields[field]), ` with ${wholePercent(mean_weights[field])} of their weight, and take `,
    strong(wholePercent(shares[field])), " of what they hand on from it. ", ...first];
}

function numberTable({ rows, mean_weights, mean_handed_on }, fields) {
  const show = (value) => decimals(value, 4);
  const body = rows.flatMap(({ head, weights, norms, handed_on: handed }) => fields.map((field, i) =>
    [`${head}, ${field}`, show(weights[i]), show(norms[i]), show(handed[i])]));
  const means = fields.map((field, i) => [`mean, ${field}`, show(mean_weights[i]), "", show(mean_handed_on[i])]);
  return table("Every number of this case; lengths as shares of its longest value",
    ["head, field", "weight", "value’s length", "weight × length"], [...body, ...means]);
}

export default { render };
