// Shared by every explorer. Python joins this file and NAME.js to one ES module.

const SVG_NS = "http://www.w3.org/2000/svg";
const MARGIN = 16; // around a saved figure, in pixels

// --- elements -------------------------------------------------------------
// Strings given as children become text nodes: text from a shop is never parsed as HTML.

function fill(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// JupyterLab takes arrow keys and Enter for shortcuts of its own, unless the element in focus has this mark.
const KEEPS_KEYS = { "data-lm-suppress-shortcuts": true };
const CONTROLS = ["button", "input", "select", "summary"];

const html = (tag, attributes = {}, ...children) =>
  fill(document.createElement(tag), CONTROLS.includes(tag) ? { ...attributes, ...KEEPS_KEYS } : attributes, children);

const drawn = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG_NS, tag), attributes, children);

const strong = (text) => html("strong", {}, text);

const heading = (title, under = null) => html("div", {}, html("span", { class: "av-title" }, title),
  typeof under === "string" ? html("span", { class: "av-under" }, under) : under);

const uniqueId = (() => {
  const prefix = `av-${Math.random().toString(36).slice(2, 8)}`;
  let count = 0;
  return () => `${prefix}-${(count += 1)}`;
})();

// --- numbers --------------------------------------------------------------

function decimals(value, digits = 2, signed = false) {
  const text = Math.abs(value).toFixed(digits);
  const zero = Number(text) === 0;
  if (zero) return text;
  return (value < 0 ? "\u2212" : signed ? "+" : "") + text;
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

const sum = (values) => values.reduce((total, value) => total + value, 0);

const argmax = (values) => values.reduce((best, value, i) => (value > values[best] ? i : best), 0);

// A number from 0 to count - 1 that is not the present one.
const anotherOf = (count, present) => (present + 1 + Math.floor(Math.random() * (count - 1))) % count;

// --- data -----------------------------------------------------------------

// The arrays come as one block of little-endian float32 with a table of offsets.
function readArrays(model) {
  const block = model.get("_data");
  const arrays = {};
  for (const [name, { offset, shape }] of Object.entries(model.get("_shapes"))) {
    const size = shape.reduce((product, length) => product * length, 1);
    const values = new Float64Array(size);
    for (let i = 0; i < size; i += 1) values[i] = block.getFloat32(4 * (offset + i), true);
    arrays[name] = { shape, values, at: (...index) => part(values, shape, index) };
  }
  return arrays;
}

function part(values, shape, index) {
  const size = shape.slice(index.length).reduce((product, length) => product * length, 1);
  const start = index.reduce((place, i, axis) => place * shape[axis] + i, 0) * size;
  return Array.from(values.subarray(start, start + size));
}

// --- the frame -------------------------------------------------------------

// Ties an explorer to its traits, those that have a start. `change` is for its controls; with `glide` its marks move
// to their new places instead of jumping. `show` puts it on the page and returns what takes it away again.
function connect({ model, el }) {
  const meta = model.get("_meta");
  const { start, claim, cases = [] } = meta;
  const traits = Object.keys(start);
  const read = () => Object.fromEntries(traits.map((name) => [name, model.get(name)]));
  const speaker = announcer();
  const numbers = html("div", { class: "av-tables" });
  let root = null;
  let redraw = null;
  let changing = false; // several traits of one change are drawn once

  function change(values, glide = false) {
    root.toggleAttribute("data-motion", glide);
    changing = true;
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    changing = false;
    model.save_changes();
    redraw();
  }

  // `draw(state)` gives the sentence for a screen reader and what makes the tables, `atCase(i)` the traits that a case
  // starts with, `random(state)` those of another case, if there is one; `onreset` is told of a reset before.
  function show({ kind, controls, figure, draw, fileName, saved, buttons = [], onreset = () => {},
    atCase = (i) => ({ case: i }), random = cases.length > 1 && ((state) => atCase(anotherOf(cases.length, state.case))) }) {
    redraw = () => {
      const { said, tables } = draw(read());
      if (!numbers.hidden) numbers.replaceChildren(...tables());
      speaker.say(said);
    };
    const alone = projector(kind.split(" av-").at(-1).replace(/^av-/, ""));
    const actions = html("div", { class: "av-actions" },
      random && button("Random case", () => change(random(read()), true)), ...buttons,
      button("Reset", () => (onreset(), change(start, true))),
      html("span", { class: "av-files" }, disclosure("Table", numbers, redraw),
        button("Save SVG", () => saveSvg(fileName(read()), figure)),
        button("Save JSON", () => saveJson(fileName(read()), { ...saved(read()), claim }))), alone.toggle);
    root = html("div", { class: `av-root ${kind}` },
      html("div", { class: "av-controls" }, ...controls), figure, actions, numbers, speaker.node);
    el.replaceChildren(root);
    alone.watch(root, figure);
    const heard = () => changing || redraw();
    for (const name of traits) model.on(`change:${name}`, heard);
    redraw();
    return () => {
      for (const name of traits) model.off(`change:${name}`, heard);
      speaker.stop();
      alone.stop();
      root.remove();
    };
  }

  return { meta, read, change, show, redraw: () => redraw() };
}

// --- controls -------------------------------------------------------------

function slider({ label, min, max, step, ends = null, oninput }) {
  const id = uniqueId();
  const output = html("output", { for: id, class: "av-value" });
  const input = html("input", {
    type: "range", id, min, max, step, class: "av-range",
    oninput: () => oninput(Number(input.value)),
  });
  const head = html("span", { class: "av-control-head" }, html("label", { for: id }, label), output);
  const foot = ends && html("span", { class: "av-ends", "aria-hidden": "true" },
    ...ends.map((end) => html("span", {}, end)));
  return {
    node: html("div", { class: "av-control" }, head, input, foot),
    input,
    set(value, text) {
      input.value = value;
      input.setAttribute("aria-valuetext", text);
      output.textContent = text;
      const share = max > min ? (value - min) / (max - min) : 0;
      input.style.setProperty("--av-share", `${100 * share}%`);
    },
  };
}

function choice({ label, options, onchange }) {
  const id = uniqueId();
  const input = html("select", { id, class: "av-select", onchange: () => onchange(Number(input.value)) },
    ...options.map((option, i) => html("option", { value: i }, option)));
  const head = html("span", { class: "av-control-head" }, html("label", { for: id }, label));
  return {
    node: html("div", { class: "av-control" }, head, input),
    set(value) { input.value = String(value); },
  };
}

function checkbox({ label, onchange }) {
  const input = html("input", { type: "checkbox", id: uniqueId(), onchange: () => onchange(input.checked) });
  return {
    node: html("label", { for: input.id }, input, html("span", {}, label)),
    set(on) { input.checked = on; },
  };
}

const button = (label, onclick, attributes = {}) =>
  html("button", { type: "button", class: "av-button", onclick, ...attributes }, label);

// A button that opens and closes a part of the page.
function disclosure(label, content, onopen = () => {}) {
  content.id = content.id || uniqueId();
  content.hidden = true;
  const node = button(label, () => {
    content.hidden = !content.hidden;
    node.setAttribute("aria-expanded", String(!content.hidden));
    onopen();
  }, { "aria-expanded": "false", "aria-controls": content.id });
  return node;
}

// Small print, folded.
const fold = (title, ...content) => html("details", { class: "av-fold" }, html("summary", {}, title), ...content);

// Says the newest sentence to a screen reader, at most twice a second.
function announcer() {
  const node = html("div", { class: "av-live av-no-export", "aria-live": "polite" });
  let timer = null;
  let next = "";
  return {
    node,
    say(sentence) {
      next = sentence;
      timer ??= setTimeout(() => {
        timer = null;
        node.textContent = next;
      }, 500);
    },
    stop: () => clearTimeout(timer),
  };
}

// --- bars -----------------------------------------------------------------
// Lengths are percentages, so a bar fits whatever width its cell has.

const percent = (value) => `${clamp(value, 0, 100).toFixed(3)}%`;

const bar = (...marks) => drawn("svg", { class: "av-bar", "aria-hidden": "true", height: 20 }, ...marks);

// A weight between 0 and 1; `mark` and `span` are optional second readings of it.
function weightBar() {
  const rect = drawn("rect", { class: "av-weight-fill", y: 3, height: 14, rx: 3, width: "0%" });
  const mark = drawn("line", { class: "av-mark", y1: 0, y2: 20, visibility: "hidden" });
  const span = drawn("line", { class: "av-span", y1: 10, y2: 10, visibility: "hidden" });
  const track = drawn("rect", { class: "av-track", y: 3, height: 14, rx: 3, width: "100%" });
  return {
    node: bar(track, rect, span, mark),
    set(weight, { marked = null, range = null } = {}) {
      rect.setAttribute("width", percent(100 * weight));
      place(mark, marked === null ? null : [marked, marked]);
      place(span, range);
    },
  };
}

// A signed value on a line from -domain to +domain.
function signedBar() {
  const rect = drawn("rect", { y: 3, height: 14, rx: 2 });
  const span = drawn("line", { class: "av-span", y1: 10, y2: 10, visibility: "hidden" });
  const zero = drawn("line", { class: "av-zero", x1: "50%", x2: "50%", y1: 0, y2: 20 });
  const track = drawn("rect", { class: "av-track", y: 3, height: 14, rx: 3, width: "100%" });
  const position = (value, domain) => 0.5 + (domain > 0 ? (0.49 * value) / domain : 0);
  return {
    node: bar(track, rect, span, zero),
    set(value, domain, range = null) {
      const end = position(value, domain);
      rect.setAttribute("class", value < 0 ? "av-negative" : "av-positive");
      rect.setAttribute("x", percent(100 * Math.min(end, 0.5)));
      rect.setAttribute("width", percent(100 * Math.abs(end - 0.5)));
      place(span, range && range.map((limit) => position(limit, domain)));
    },
  };
}

function place(line, ends) {
  line.setAttribute("visibility", ends ? "visible" : "hidden");
  if (!ends) return;
  line.setAttribute("x1", percent(100 * ends[0]));
  line.setAttribute("x2", percent(100 * ends[1]));
}

// One cell of a row: a title that shows on narrow screens only, a drawing, a number.
function cell(name, title, graphic) {
  const number = html("span", { class: "av-number" });
  const node = html("div", { class: `av-cell av-cell-${name}` },
    html("span", { class: "av-cell-title" }, title),
    graphic && html("span", { class: "av-graphic" }, graphic), number);
  return { node, number };
}

// --- table ----------------------------------------------------------------

function table(caption, columns, rows) {
  const head = html("tr", {}, ...columns.map((column) => html("th", { scope: "col" }, column)));
  const body = rows.map(([first, ...rest]) =>
    html("tr", {}, html("th", { scope: "row" }, first), ...rest.map((value) => html("td", {}, value))));
  const grid = html("table", { class: "av-table" },
    html("caption", {}, caption), html("thead", {}, head), html("tbody", {}, ...body));
  return html("div", { class: "av-scroll", tabindex: 0, role: "region", "aria-label": caption }, grid);
}

// --- saving ---------------------------------------------------------------

function download(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  html("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

const saveJson = (name, value) =>
  download(`${name}.json`, "application/json", JSON.stringify(value, null, 2));

// Somebody's text may hold characters that no XML file may hold: control characters, half surrogates.
const NOT_XML = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

// With the mark `av-whole` a figure shows what is scrolled out of sight, too. A file has no folds.
function saveSvg(name, figure) {
  const folded = [...figure.querySelectorAll("details:not([open])")];
  figure.classList.add("av-whole");
  for (const one of folded) one.open = true;
  const drawing = figureToSvg(figure);
  for (const one of folded) one.open = false;
  figure.classList.remove("av-whole");
  download(`${name}.svg`, "image/svg+xml", new XMLSerializer().serializeToString(drawing).replace(NOT_XML, ""));
}

// The figure as it stands on the screen: its drawings, and its words as SVG text.
function figureToSvg(figure) {
  const frame = figure.getBoundingClientRect();
  const [width, height] = [Math.ceil(frame.width) + 2 * MARGIN, Math.ceil(frame.height) + 2 * MARGIN];
  const background = getComputedStyle(figure.closest(".av-root")).backgroundColor;
  const page = drawn("svg", { width, height, viewBox: `${-MARGIN} ${-MARGIN} ${width} ${height}` },
    drawn("rect", { x: -MARGIN, y: -MARGIN, width, height, fill: background }));
  const visit = (node) => {
    if (node.nodeType === Node.TEXT_NODE) page.append(...textLines(node, frame));
    if (node.nodeType !== Node.ELEMENT_NODE || node.matches(".av-no-export")) return;
    const { display, visibility } = getComputedStyle(node);
    if (display === "none" || visibility === "hidden") return;
    if (node.localName === "svg") page.append(frozenSvg(node, frame));
    else if (node.localName === "canvas") page.append(frozenCanvas(node, frame));
    else node.childNodes.forEach(visit);
  };
  visit(figure);
  return page;
}

function frozenSvg(node, frame) {
  const copy = node.cloneNode(true);
  const copies = [copy, ...copy.querySelectorAll("*")];
  [node, ...node.querySelectorAll("*")].forEach((original, i) => {
    const style = getComputedStyle(original);
    for (const name of ["fill", "fill-opacity", "stroke", "stroke-width", "font-size", "font-family"]) {
      copies[i].setAttribute(name, style.getPropertyValue(name));
    }
    copies[i].removeAttribute("class");
  });
  const box = node.getBoundingClientRect();
  return fill(copy, { x: box.left - frame.left, y: box.top - frame.top, width: box.width, height: box.height }, []);
}

function frozenCanvas(node, frame) {
  const box = node.getBoundingClientRect();
  return drawn("image", { href: node.toDataURL(), x: box.left - frame.left, y: box.top - frame.top,
    width: box.width, height: box.height, preserveAspectRatio: "none", style: "image-rendering: pixelated" });
}

function textLines(node, frame) {
  const style = getComputedStyle(node.parentElement);
  const clip = node.parentElement.closest(".av-clip")?.getBoundingClientRect();
  const lines = new Map();
  for (const match of node.data.matchAll(/\S+/g)) {
    const range = document.createRange();
    range.setStart(node, match.index);
    range.setEnd(node, match.index + match[0].length);
    const box = range.getBoundingClientRect();
    if (box.width === 0 || (clip && (box.bottom > clip.bottom + 2 || box.left > clip.right))) continue;
    const line = lines.get(box.top) ?? { x: box.left - frame.left, y: box.top - frame.top + 0.78 * box.height, words: [] };
    line.words.push(match[0]);
    lines.set(box.top, line);
  }
  const look = { fill: style.color, "font-size": style.fontSize, "font-weight": style.fontWeight, "font-family": style.fontFamily };
  return [...lines.values()].map(({ x, y, words }) => drawn("text", { x, y, ...look }, words.join(" ")));
}
