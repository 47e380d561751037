// ShelfExplorer (figure F1 over a whole shelf): one push says little, the spread of many says much.

const STRIP = 34; // height of a row of dots, in pixels
const LANES = 5; // so that dots of nearly equal pushes do not cover each other

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

// The standard deviation with n - 1; null for one value.
function deviation(values) {
  if (values.length < 2) return null;
  const center = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1));
}

function compute(data, state) {
  const { fields, products } = data.meta;
  const { weights, pushes, priorities } = data.arrays;
  const along = (array, i) => products.map((_, product) => array.at(state.case, product, i)[0]);
  const own = priorities.at(state.case);
  const rows = fields.map((field, i) => {
    const [all, shown] = [along(weights, i), along(pushes, i).slice(0, state.size)];
    return { field, weight: mean(all.slice(0, state.size)), pushes: shown, mean_push: mean(shown), spread: deviation(shown), priority: own[i] };
  });
  const domain = pushes.at(state.case).reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  return {
    rows, domain, size: state.size,
    by_weight: argmax(rows.map((row) => row.weight)),
    by_pushes: argmax(rows.map((row) => row.spread ?? Math.abs(row.pushes[0]))),
    own: argmax(own),
  };
}

// --- parts of the drawing ---------------------------------------------------

// The pushes of one field: a dot a product, the newest one filled, and a band from mean - spread to mean + spread.
function strip(count) {
  const at = (value, domain) => percent(50 + (48 * value) / domain);
  const band = drawn("rect", { class: "av-band", y: 3, height: STRIP - 6, rx: 4 });
  const dots = Array.from({ length: count }, (_, i) =>
    drawn("circle", { class: "av-dot", r: 3.5, cy: STRIP / 2 + 4 * (((3 * i) % LANES) - (LANES - 1) / 2) }));
  const zero = drawn("line", { class: "av-zero", x1: "50%", x2: "50%", y1: 0, y2: STRIP });
  const track = drawn("rect", { class: "av-track", y: 3, height: STRIP - 6, rx: 4, width: "100%" });
  return {
    node: drawn("svg", { class: "av-bar av-strip", "aria-hidden": "true", height: STRIP }, track, band, zero, ...dots),
    set({ pushes, mean_push: center, spread }, domain) {
      dots.forEach((dot, i) => {
        dot.setAttribute("visibility", i < pushes.length ? "visible" : "hidden");
        if (i >= pushes.length) return;
        dot.setAttribute("cx", at(pushes[i], domain));
        dot.classList.toggle("av-newest", i === pushes.length - 1);
      });
      band.setAttribute("visibility", spread === null ? "hidden" : "visible");
      band.setAttribute("x", at(center - (spread ?? 0), domain));
      band.setAttribute("width", percent((96 * (spread ?? 0)) / domain));
    },
  };
}

function fieldRow(field, count) {
  const [weight, dots] = [weightBar(), strip(count)];
  const badge = (text) => html("span", { class: "av-badge" }, text);
  const badges = { own: badge("her own"), weight: badge("largest weight"), push: badge("") };
  const cells = { weight: cell("weight", "weight", weight.node), push: cell("push", "pushes", dots.node) };
  const node = html("div", { class: "av-row" },
    html("div", { class: "av-name" }, html("span", { class: "av-field" }, field), html("span", { class: "av-badges" }, ...Object.values(badges))),
    cells.weight.node, cells.push.node);
  return {
    node,
    set(row, { domain, size }, first) {
      weight.set(row.weight, { marked: row.priority });
      dots.set(row, domain);
      cells.weight.number.textContent = decimals(row.weight);
      cells.push.number.textContent = row.spread === null ? decimals(row.pushes[0], 2, true) : decimals(row.spread);
      badges.push.textContent = size > 1 ? "largest spread" : "largest push";
      for (const [name, mark] of Object.entries(badges)) mark.hidden = !first[name];
      for (const name of ["weight", "push"]) cells[name].node.classList.toggle("av-first", first[name]);
    },
  };
}

// --- the explorer -------------------------------------------------------------

function render({ model, el }) {
  const { meta, change, show } = connect({ model, el });
  const data = { meta, arrays: readArrays(model) };
  const { fields, products, cases } = meta;

  const size = slider({
    label: "Products on the shelf", min: 1, max: products.length, step: 1, ends: ["one", `all ${products.length}`],
    oninput: (count) => change({ size: count }),
  });
  const which = choice({ label: "Case", options: cases, onchange: (i) => change({ case: i }, true) });
  const rows = fields.map((field) => fieldRow(field, products.length));
  const verdict = html("p", { class: "av-verdict" });
  const [axis, number] = [html("span", { class: "av-under" }), html("span", { class: "av-title" })];
  const head = html("div", { class: "av-head" }, heading("Field"),
    heading("The model’s weight, mean over the shelf", "0 to 1; the thin line is the shopper’s priority"),
    html("div", { class: "av-cell" }, heading("The model’s pushes, one dot each", axis), number));
  const newest = html("p", { class: "av-note" });
  const figure = html("div", { class: "av-figure" }, verdict, head, ...rows.map((row) => row.node), newest,
    foot(meta.claim, "The shaded band goes from the mean push less the spread to the mean push plus the spread. The spread is the standard deviation."));

  function draw(state) {
    const result = compute(data, state);
    size.set(state.size, `${state.size} of ${products.length}`);
    which.set(state.case);
    rows.forEach((row, i) => row.set(result.rows[i], result,
      { own: i === result.own, weight: i === result.by_weight, push: i === result.by_pushes }));
    axis.textContent = `in logits, from ${decimals(-result.domain, 2, true)} to ${decimals(result.domain, 2, true)}`;
    number.textContent = state.size > 1 ? "spread" : "push";
    newest.textContent = `The last product on the shelf, the full dot: ${products[state.size - 1]}`;
    verdict.replaceChildren(...sentence(result));
    return { said: `${state.size} of ${products.length} products. ${verdict.textContent}`, tables: () => [numberTable(result, products)] };
  }

  return show({
    kind: "av-claim av-shelf-explorer", controls: [size.node, which.node], figure, draw,
    fileName: (state) => `shelf-explorer-case-${state.case}-size-${state.size}`,
    saved: (state) => ({ ...state, case_name: cases[state.case], ...compute(data, state) }),
  });
}

function sentence({ rows, size, by_weight: looked, by_pushes: moved, own }) {
  const strong = (i) => html("strong", {}, rows[i].field);
  const found = looked === own && moved === own ? "Both name it."
    : looked === own ? "Only the weight names it."
      : moved === own ? `Only the ${size > 1 ? "spread" : "push"} names it.` : "Neither names it.";
  const shelf = size > 1 ? [`Over ${size} products, the pushes of `, strong(moved), " spread most"]
    : ["On this one product, the push of ", strong(moved), " is the largest"];
  return [...shelf, ", and the mean weight is largest on ", strong(looked), ". The shopper decides by ", strong(own), `. ${found}`];
}

function numberTable({ rows, size }, products) {
  const show = (value) => decimals(value, 4);
  const columns = ["field", "shopper’s priority", "mean weight", "spread of pushes",
    ...products.slice(0, size).map((name) => `push, ${name}`)];
  return table("Every number of this case and shelf; pushes in logits", columns, rows.map((row) => [row.field,
    show(row.priority), show(row.weight), row.spread === null ? "none" : show(row.spread), ...row.pushes.map(show)]));
}

export default { render };
