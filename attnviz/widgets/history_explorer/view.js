// HistoryExplorer: the two trees of one recommendation, opened level by level.

const TREES = { candidate: "In the product", shopper: "In what she chose before" };

// The rows of one case, each with its children, and the two lists of first rows.
function readTree({ meta, arrays }, place) {
  const { elements, roots, parents, texts } = meta.trees[place];
  const first = meta.trees.slice(0, place).reduce((sum, tree) => sum + tree.elements.length, 0);
  const value = (name, i) => arrays[name].at(first + i)[0];
  const tops = { candidate: [], shopper: [] };
  const rows = elements.map((element, i) => ({
    element, root: roots[i], text: texts[i], name: element.slice(element.lastIndexOf("/") + 1), children: [],
    weight: value("weight", i), norm: value("value_norm", i), push: value("push", i),
  }));
  rows.forEach((row, i) => {
    row.parent = rows[parents[i]] ?? null;
    row.path = row.weight * (row.parent?.path ?? 1);
    (row.parent?.children ?? tops[row.root]).push(row);
  });
  return { rows, tops };
}

// Long lists have small shares: they are written with one digit more.
const share = (value) => decimals(value, value < 0.0995 ? 3 : 2);

function heaviestPath(children) {
  if (!children.length) return [];
  const row = children[argmax(children.map(({ weight }) => weight))];
  return [row, ...heaviestPath(row.children)];
}

function compute(data, state) {
  const tree = readTree(data, state.case);
  const heaviest = Object.values(tree.tops).map(heaviestPath);
  const opened = new Set(state.opened ?? heaviest.flat().map(({ element }) => element));
  const found = tree.rows.find(({ element }) => element === state.selected);
  const selected = found ?? heaviest.find((path) => path.length).at(-1);
  const path = [];
  for (let row = selected; row; row = row.parent) path.unshift(row);
  return { ...tree, opened, whole: new Set(state.whole), selected, path };
}

// The rows of a list that are shown, and those that a button would bring.
function split(children, parent, { whole }, most) {
  if (children.length <= most || whole.has(parent)) return [children, []];
  const shown = new Set(children.map((row, i) => [row, i])
    .sort(([a, i], [b, j]) => b.weight - a.weight || i - j).slice(0, most).map(([row]) => row));
  return [children.filter((row) => shown.has(row)), children.filter((row) => !shown.has(row))];
}

// --- parts of the drawing ---------------------------------------------------

function treeList(children, parent, view) {
  const [shown, others] = split(children, parent, view.result, view.most);
  const rest = others.reduce((sum, { weight }) => sum + weight, 0);
  const more = others.length > 0 && html("li", {}, button(`Show ${others.length} more, ${share(rest)} of the weight`,
    () => view.showAll(parent, others[0].element), { class: "av-button av-more av-no-export" }));
  return html("ul", { class: "av-tree" }, ...shown.map((row) => treeRow(row, view)), more || null);
}

function treeRow(row, view) {
  const { result } = view;
  const [below, chosen] = [row.children.length, row === result.selected];
  const open = below > 0 && result.opened.has(row.element);
  const label = `${row.name}, weight ${share(row.weight)}${below ? `, ${below} below` : ""}`;
  const toggle = button("", () => view.toggle(row), {
    class: "av-open", "data-element": row.element, "aria-label": label,
    "aria-expanded": below ? String(open) : null, "aria-current": chosen ? "true" : null,
  });
  toggle.append(html("span", { class: "av-sign", "aria-hidden": "true" }, below ? (open ? "▾" : "▸") : "·"),
    html("span", { class: "av-field" }, row.name));
  const weight = weightBar();
  weight.set(row.weight);
  const node = html("div", { class: `av-node${chosen ? " av-chosen" : ""}` }, toggle,
    html("span", { class: "av-graphic" }, weight.node), html("span", { class: "av-number" }, share(row.weight)),
    html("div", { class: "av-below" }, html("span", { class: "av-words av-clip" }, row.text), facts(row)));
  return html("li", {}, node, open ? treeList(row.children, row.element, view) : null);
}

// The product down to a row, the length of its value, its push: what is known of them.
function facts({ parent, path, norm, push }) {
  const known = [
    parent && `of all ${decimals(path, 3)}`,
    !Number.isNaN(norm) && `length ${decimals(norm)}`,
    !Number.isNaN(push) && html("span", { class: direction(push) }, `push ${decimals(push, 2, true)}`),
  ].filter(Boolean);
  return html("span", { class: "av-facts" }, ...known.map((fact) => html("span", {}, fact)));
}

// A push that is written as zero has no colour.
const direction = (push) => (Math.abs(push) < 0.005 ? null : push < 0 ? "av-lowers" : "av-raises");

// --- the explorer -------------------------------------------------------------

function render({ model, el }) {
  const { meta, change, show } = connect({ model, el });
  const data = { meta, arrays: readArrays(model) };
  const { cases, most } = meta;
  let result = null;
  let focus = null;

  const view = {
    most,
    toggle(row) {
      const opened = new Set(result.opened);
      if (row.children.length && !opened.delete(row.element)) opened.add(row.element);
      change({ opened: [...opened], selected: row.element });
    },
    showAll(parent, next) {
      focus = next;
      change({ whole: [...result.whole, parent] });
    },
  };
  const fresh = { opened: null, whole: [], selected: null };
  const atCase = (i) => ({ case: i, ...fresh });
  const which = choice({ label: "Case", options: cases, onchange: (i) => change(atCase(i)) });
  const verdict = html("p", { class: "av-verdict" });
  const trees = Object.entries(TREES).map(([root, title]) => ({ root, title, node: html("div", { class: "av-half" }) }));
  const figure = html("div", { class: "av-figure", onkeydown: move }, verdict,
    html("div", { class: "av-halves" }, ...trees.map(({ node }) => node)),
    foot(meta.claim, ["A bar is the share of the element’s parent: the bars of one list sum to 1. “Of all” is the product of the weights down to it, within its own tree.",
      "“Length” is that of the vector that the weight multiplies. “Push” is in logits, against the average product, and known for the product’s fields only."]));

  // Arrow keys walk over the rows, open and close them.
  function move(event) {
    const buttons = [...figure.querySelectorAll(".av-open")];
    const [at, step] = [buttons.indexOf(event.target), { ArrowDown: 1, ArrowUp: -1 }[event.key]];
    if (at < 0) return;
    const open = event.target.getAttribute("aria-expanded");
    if (step) buttons[clamp(at + step, 0, buttons.length - 1)].focus();
    else if ((event.key === "ArrowRight" && open === "false") || (event.key === "ArrowLeft" && open === "true")) event.target.click();
    else return;
    event.preventDefault();
  }

  function draw(state) {
    const held = figure.getRootNode().activeElement;
    const kept = focus ?? (figure.contains(held) ? held.dataset.element : null);
    focus = null;
    result = compute(data, state);
    which.set(state.case);
    for (const { root: name, title, node } of trees) {
      const tops = result.tops[name];
      node.replaceChildren(html("span", { class: "av-title" }, title), tops.length
        ? treeList(tops, name, { ...view, result }) : note("This model does not read it: there is no tree."));
    }
    if (kept) [...figure.querySelectorAll(".av-open")].find(({ dataset }) => dataset.element === kept)?.focus();
    verdict.replaceChildren(...sentence(result));
    return { said: verdict.textContent, tables: () => [numberTable(result)] };
  }

  return show({
    kind: "av-claim av-history-explorer", controls: [cases.length > 1 && which.node], figure, draw,
    buttons: [
      button("Heaviest path", () => change(fresh)),
      button("Close all", () => change({ opened: [], whole: [], selected: null })),
    ],
    atCase,
    fileName: (state) => `history-explorer-case-${state.case}`,
    saved: (state) => record(result, { case: state.case, case_name: cases[state.case] }),
  });
}

function sentence({ path, selected }) {
  const where = selected.root === "candidate" ? "in the product" : "in what she chose before";
  const steps = path.flatMap((row, i) => [i ? " × " : "", html("strong", {}, row.name), ` ${share(row.weight)}`]);
  return [...steps, path.length > 1 ? ` = ${decimals(selected.path, 3)}` : "", ` of the weight ${where}.`];
}

const orNull = (value) => (Number.isNaN(value) ? null : value);

function record({ rows, opened, selected, path: steps }, about) {
  return {
    ...about, opened: [...opened], selected: selected.element, path: steps.map(({ element }) => element), path_weight: selected.path,
    elements: rows.map(({ element, text, weight, path, norm, push }) => (
      { element, text, weight, path_weight: path, value_norm: orNull(norm), push: orNull(push) })),
  };
}

function numberTable({ rows }) {
  const show = (value, signed = false) => (Number.isNaN(value) ? "none" : decimals(value, 4, signed));
  const node = table("Every element of this case; pushes in logits", ["element", "text", "weight", "of all", "length", "push"],
    rows.map((row) => [row.element, row.text, show(row.weight), show(row.path), show(row.norm), show(row.push, true)]));
  for (const cell of node.querySelectorAll("td:nth-child(2)")) cell.classList.add("av-words");
  return node;
}

export default { render };
