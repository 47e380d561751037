// FaultSwitches: faults that are switched into an attention layer, and the checks that expose them.

const TOLERANCE = 1e-6;
const SHIFT = 1000; // added to all scores
const TURN = 0.5; // added to each number of K
const LINES = {
  each: "exp(score) / exp(score)", no_key: "score = query · x", last: "for each field: output = weight × value", shared: "(keys @ query.T).mean(-1)",
  mean: "(weight × value).mean()", padding: "softmax(score), no mask", bare: "exp(score) / sum", batch: "softmax(score, dim=0)",
};

// --- the layer ------------------------------------------------------------------

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const column = (rows, i) => rows.map((row) => row[i]);
const total = (values) => values.reduce((sum, value) => sum + value, 0);
const distance = (one, other) => Math.max(...one.map((value, i) => Math.abs(value - other[i])));

// One product and some shoppers; weights (shopper, slot) and outputs (shopper, dim).
function attend(toy, faults, { shift = 0, lowered = -1 } = {}) {
  const { queries, values, filled } = toy;
  const keys = faults.has("no_key") ? toy.vectors : toy.vectors.map((x) => toy.key.map((row) => dot(row, x)));
  let scores = queries.map((query) => keys.map((key) => dot(query, key) / Math.sqrt(key.length)));
  if (faults.has("shared")) scores = scores.map(() => keys.map((_, slot) => total(column(scores, slot)) / scores.length));
  scores = scores.map((row) => row.map((score, slot) => score + shift - (slot === lowered ? 1 : 0)));
  const taking = faults.has("padding") ? filled.map(() => true) : filled;
  const weights = faults.has("batch") && !faults.has("each")
    ? transposed(transposed(scores).map((row, slot) => normalised(row, row.map(() => taking[slot]), faults)))
    : scores.map((row) => normalised(row, taking, faults));
  const outputs = weights.map((row) => {
    const parts = row.map((weight, slot) => values[slot].map((value) => weight * value)).slice(faults.has("last") ? -1 : 0);
    return parts[0].map((_, i) => total(column(parts, i)) / (faults.has("mean") ? parts.length : 1));
  });
  return { weights, outputs };
}

const transposed = (rows) => rows[0].map((_, i) => column(rows, i));

function normalised(scores, taking, faults) {
  const highest = Math.max(...scores.filter((_, i) => taking[i]));
  const peak = (score) => (faults.has("bare") ? 0 : faults.has("each") ? score : highest);
  const powers = scores.map((score, i) => (taking[i] ? Math.exp(score - peak(score)) : 0));
  return powers.map((power, i) => (taking[i] ? power / (faults.has("each") ? power : total(powers)) : 0));
}

// --- the checks -----------------------------------------------------------------

// The number behind each check, for the first shopper.
function measure(toy, faults) {
  const first = (other, options) => {
    const { weights, outputs } = attend(other, faults, options);
    return { weights: weights[0], output: outputs[0] };
  };
  const own = first(toy);
  const tallest = argmax(attend(toy, new Set()).weights[0]);
  const lowered = first(toy, { lowered: tallest }).weights;
  const rises = lowered.map((weight, slot) => weight - own.weights[slot]).filter((_, slot) => toy.filled[slot] && slot !== tallest);
  const alone = first({ ...toy, queries: toy.queries.slice(0, 1) });
  const zeros = toy.vectors[0].map(() => 0);
  const longer = { ...toy, vectors: [...toy.vectors, zeros], values: [...toy.values, zeros], filled: [...toy.filled, false] };
  const padded = first(longer);
  const moved = (slot) => ({ ...toy, values: toy.values.map((value, i) => value.map((one) => one + (i === slot ? 1 : 0))) });
  const sums = own.output.map((_, i) => dot(own.weights, column(toy.values, i)));
  return {
    sum: total(own.weights), compete: Math.min(...rises),
    learned: distance(first({ ...toy, key: toy.key.map((row) => row.map((value) => value + TURN)) }).output, own.output),
    reach: toy.filled.filter((there, slot) => there && distance(first(moved(slot)).output, own.output) > TOLERANCE).length,
    output: distance(sums, own.output), alone: Math.max(distance(alone.weights, own.weights), distance(alone.output, own.output)),
    empty: Math.max(distance(padded.output, own.output), ...padded.weights.filter((_, slot) => !longer.filled[slot])),
    shift: distance(first(toy, { shift: SHIFT }).weights, own.weights),
  };
}

// What each check saw, in words.
function words(name, value, count) {
  if (Number.isNaN(value)) return "not a number";
  if (name === "sum") return `sum ${decimals(value)}`;
  if (name === "reach") return `${value} of ${count}`;
  if (name === "compete") return value > TOLERANCE ? `the others rise by ${decimals(value)} or more` : "another does not rise";
  const what = { learned: "the output moves by", output: "gap", alone: "moves by", empty: "moves by", shift: "moves by" }[name];
  return `${what} ${decimals(value)}`;
}

function compute(data, state) {
  const faults = new Set(state.faults);
  const { weights, outputs } = attend(data.toy, faults);
  const found = measure(data.toy, faults);
  const count = data.toy.filled.filter(Boolean).length;
  const holds = {
    sum: Math.abs(found.sum - 1) <= TOLERANCE, compete: found.compete > TOLERANCE, learned: found.learned > TOLERANCE, reach: found.reach === count,
  };
  const checks = data.meta.checks.map(([name, label]) => ({
    name, label, holds: holds[name] ?? found[name] <= TOLERANCE, found: found[name], words: words(name, found[name], count),
  }));
  return { faults: state.faults, weights: weights[0], output: outputs[0], checks, sound: data.sound };
}

// --- the explorer -----------------------------------------------------------------

const labelled = (input, label, ...more) =>
  html("div", { class: "av-switch" }, input, html("label", { for: input.id }, html("span", { class: "av-fault" }, label), ...more));

function faultSwitch(name, label, onchange) {
  const input = html("input", { type: "checkbox", id: uniqueId(), onchange: () => onchange(name, input.checked) });
  return { node: labelled(input, label, html("code", { class: "av-line" }, LINES[name])), set: (faults) => { input.checked = faults.includes(name); } };
}

// The reader says what is wrong, or asks to be shown, before the switches tell.
function guesses(labels, shopper, onguess, onshow) {
  const group = uniqueId();
  const inputs = Object.keys(labels).map((name) => html("input", { type: "radio", name: group, id: uniqueId(), value: name }));
  const answer = button("Answer", () => {
    const taken = inputs.find((input) => input.checked);
    if (taken) onguess(taken.value);
    else inputs[0].focus();
  }, { class: "av-button av-answer" });
  const node = html("fieldset", { class: "av-switches" }, html("legend", { class: "av-title" }, `What is wrong here, in the attention of ${shopper}? Guess:`),
    ...inputs.map((input) => labelled(input, labels[input.value])),
    html("div", { class: "av-choose" }, answer, button("Show me", onshow)));
  return { node, clear: () => inputs.forEach((input) => { input.checked = false; }) };
}

function weightRow(field, there) {
  const strip = weightBar();
  const weight = cell("weight", "weight", strip.node);
  const note = there ? null : html("span", { class: "av-under" });
  return {
    node: html("li", { class: "av-row" }, html("div", { class: "av-name" }, field, note), weight.node),
    set(value, sound, hidden) {
      if (note) note.textContent = hidden ? "hidden by the mask" : "not hidden";
      strip.set(value, { marked: sound });
      weight.number.textContent = decimals(value);
    },
  };
}

function checkRow(label) {
  const [sign, found] = [html("span", { class: "av-sign" }), html("span", { class: "av-under" })];
  const node = html("li", { class: "av-check" }, sign, html("span", { class: "av-what" }, html("span", {}, label), found));
  return {
    node,
    set({ holds, words: text }) {
      sign.textContent = holds ? "\u2713 holds" : "\u2717 fails";
      node.classList.toggle("av-fails", !holds);
      found.textContent = text;
    },
  };
}

const pair = (output) => `(${output.map((value) => decimals(value)).join(", ")})`;

function render({ model, el }) {
  const { meta, change, show, redraw } = connect({ model, el });
  const { queries, key_matrix: key, vectors, filled } = readArrays(model);
  const rows = (array) => Array.from({ length: array.shape[0] }, (_, i) => array.at(i));
  const toy = { queries: rows(queries), key: rows(key), vectors: rows(vectors), values: rows(vectors), filled: filled.at().map((there) => there > 0) };
  const plain = attend(toy, new Set());
  const data = { meta, toy, sound: { weights: plain.weights[0], output: plain.outputs[0] } };
  const { fields, shoppers } = meta;
  const [labels, checks] = [Object.fromEntries(meta.faults), Object.fromEntries(meta.checks)];

  const turn = (name, on) => {
    const faults = new Set(model.get("faults"));
    puzzle.said = null;
    if (on) faults.add(name);
    else faults.delete(name);
    change({ faults: Object.keys(labels).filter((one) => faults.has(one)) });
  };
  // What only this view knows: whether the faults are hidden, and what the reader said they are.
  const puzzle = { hidden: meta.start.faults.length > 0, said: null };
  const guess = guesses(labels, shoppers[0], (said) => open(said), () => open(null));
  const hide = (hidden) => {
    Object.assign(puzzle, { hidden, said: null });
    guess.clear();
  };
  function open(said) {
    Object.assign(puzzle, { hidden: false, said });
    redraw();
    switches[0].node.querySelector("input").focus();
  }
  function another() {
    const singles = Object.keys(labels).filter((name) => name !== model.get("faults")[0]);
    hide(true);
    change({ faults: [singles[Math.floor(Math.random() * singles.length)]] });
  }

  const switches = Object.entries(labels).map(([name, label]) => faultSwitch(name, label, turn));
  const bars = fields.map((field, slot) => weightRow(field, toy.filled[slot]));
  const list = Object.values(checks).map(checkRow);
  const verdict = html("p", { class: "av-verdict" });
  const output = html("p", { class: "av-output" });
  const section = (title, ...content) => html("section", { class: "av-panel", "aria-label": title }, html("span", { class: "av-title" }, title), ...content);
  const figure = html("div", { class: "av-figure" }, verdict, html("div", { class: "av-parts" },
    section(`Weights of ${shoppers[0]}`, html("ul", { class: "av-rows" }, ...bars.map((row) => row.node)), output),
    section("Checks", html("ul", { class: "av-rows" }, ...list.map((row) => row.node)))),
  foot(meta.claim, `The line on a bar is the weight without a fault. In the batch: ${shoppers.join(", ")}. A bar ends at 1.`, "Starting fault"));
  const board = html("fieldset", { class: "av-switches" }, html("legend", { class: "av-title" }, "Faults"), ...switches.map((one) => one.node));
  const off = button("All off", () => (hide(false), change({ faults: [] })));

  function draw(state) {
    const result = compute(data, state);
    const hidden = puzzle.hidden && result.faults.length > 0;
    [guess.node.hidden, board.hidden, off.hidden] = [!hidden, hidden, hidden];
    for (const one of switches) one.set(result.faults);
    bars.forEach((row, slot) => row.set(result.weights[slot], result.sound.weights[slot], !result.faults.includes("padding")));
    list.forEach((row, i) => row.set(result.checks[i]));
    output.replaceChildren("Output ", html("strong", {}, pair(result.output)), `; without a fault ${pair(result.sound.output)}`);
    verdict.replaceChildren(...sentence(result, { labels, shoppers }, { ...puzzle, hidden }));
    return { said: `${verdict.textContent} ${output.textContent}`, tables: () => numberTables(result, data.meta) };
  }

  return show({
    kind: "av-claim av-fault-switches", controls: [guess.node, board], figure, draw,
    buttons: [button("Another to guess", another), off], onreset: () => hide(meta.start.faults.length > 0),
    fileName: (state) => `fault-switches-${state.faults.join("-") || "none"}`,
    saved: (state) => compute(data, state),
  });
}

function sentence({ faults, weights, output, checks, sound }, { labels, shoppers }, { hidden, said }) {
  const failing = checks.filter((check) => !check.holds).length;
  const verdict = failing ? [strong(`${failing} of ${checks.length} checks fail.`)] : [strong(`All ${checks.length} checks hold.`)];
  if (!faults.length) return ["No fault is on. ", ...verdict];
  const same = (one, other) => distance(one, other) <= TOLERANCE;
  const looks = !same(weights, sound.weights) ? "the weights change"
    : same(output, sound.output) ? "weights and output are right here" : "the weights are right and the output is wrong";
  if (hidden) return [`For ${shoppers[0]} ${looks}. `, ...verdict];
  const judged = said && (faults.includes(said) ? "Right: " : `You said “${labels[said]}”. It is: `);
  return [judged ?? "", strong(faults.map((name) => labels[name]).join(" and ")), `: for ${shoppers[0]} ${looks}. `, ...verdict];
}

function numberTables({ weights, sound, checks }, { fields, shoppers }) {
  return [
    table(`Weights of ${shoppers[0]}`, ["slot", "weight", "without a fault"], fields.map((field, i) => [field, decimals(weights[i], 4), decimals(sound.weights[i], 4)])),
    table("Checks", ["check", "result", "number"], checks.map(({ label, holds, found }) => [label, holds ? "holds" : "fails", Number.isNaN(found) ? "not a number" : decimals(found, 4)])),
  ];
}

export default { render };
