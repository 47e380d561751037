// ReasonExplorer (figure F1, "Average is no reason"): the weight stands still, the push crosses zero.

const WORDS = {
  model: {
    weight: "weight", lead: "The model looks most at ", then: "It moves this score by ",
    looks: "where it looks", moves: "what moves the score",
  },
  shopper: {
    weight: "priority", lead: "What matters most to this shopper: ", then: "Here it moves the true score by ",
    looks: "what matters to her", moves: "what moves her score",
  },
};
const THUMB = 9; // half of the slider's handle, in pixels

function compute(data, state) {
  const { fields } = data.meta;
  const { weights, pushes } = data.arrays;
  const levels = weights.shape[1];
  const along = (array, i) => Array.from({ length: levels }, (_, level) => array.at(state.case, level, i)[0]);
  const rows = fields.map((field, i) => {
    const [weightsAlong, pushesAlong] = [along(weights, i), along(pushes, i)];
    return { field, weight: weightsAlong[state.level], push: pushesAlong[state.level], weights: weightsAlong, pushes: pushesAlong };
  });
  return {
    rows,
    // The axes fit what is shown: the weights' holds for all levels, so that only a weight moves its bar.
    widest: Math.min(1, roundUp(Math.max(...rows.flatMap((row) => row.weights)))),
    reach: roundUp(Math.max(...rows.map((row) => Math.abs(row.push)))),
    looked: argmax(rows.map((row) => row.weight)),
    moved: argmax(rows.map((row) => Math.abs(row.push))),
  };
}

// The end of an axis that fits: a round number, and one hundredth at least.
function roundUp(largest) {
  const power = 10 ** Math.floor(Math.log10(Math.max(largest, 0.01)));
  return [1, 1.5, 2, 3, 5, 7, 10].map((step) => step * power).find((end) => end >= largest * (1 - 1e-9));
}

// One bar as wide as its share of the cell. Where the score falls it is hatched, too.
function shareBar(kind) {
  const rect = drawn("rect", { class: kind, width: "100%", height: 22, rx: 2 });
  const lines = Array.from({ length: 200 }, (_, i) => `M${9 * i - 22} 22l22-22`).join("");
  const hatch = drawn("svg", { class: "av-hatch", width: "100%", height: 22 }, drawn("path", { d: lines }));
  const node = drawn("svg", { class: "av-share", "aria-hidden": "true", height: 22 }, rect, hatch);
  return {
    node,
    set(share, falls = false) {
      node.style.setProperty("--av-share", clamp(share, 0, 1).toFixed(5));
      hatch.setAttribute("visibility", falls ? "visible" : "hidden");
      rect.setAttribute("class", falls ? "av-negative" : kind);
    },
  };
}

function fieldRow(field) {
  const weight = shareBar("av-weight-fill");
  const push = shareBar("av-positive");
  const numbers = { weight: html("span", { class: "av-number" }), push: html("span", { class: "av-number" }) };
  const name = html("div", { class: "av-field" }, field);
  const node = html("div", { class: "av-row" },
    html("div", { class: "av-cell-weight" }, numbers.weight, weight.node), name,
    html("div", { class: "av-cell-push" }, push.node, numbers.push));
  return {
    node,
    set(row, { widest, reach }, isLooked, isMoved) {
      weight.set(row.weight / widest);
      push.set(Math.abs(row.push) / reach, Number(row.push.toFixed(digitsFor(reach))) < 0);
      numbers.weight.textContent = decimals(row.weight);
      numbers.push.textContent = decimals(row.push, digitsFor(reach), true);
      numbers.weight.classList.toggle("av-first", isLooked);
      numbers.push.classList.toggle("av-first", isMoved);
    },
  };
}

const digitsFor = (reach) => (reach > 10 ? 1 : 2);

// Where the case's own level lies among the slider's; it need not be one of them.
function ownMark(control) {
  const node = html("span", { class: "av-own" });
  control.node.append(node);
  return (place, last) => {
    node.hidden = place === undefined;
    const share = last > 0 ? place / last : 0;
    node.style.setProperty("--av-place", `calc(${THUMB}px + ${share.toFixed(4)} * (100% - ${2 * THUMB}px))`);
    node.dataset.side = share > 0.7 ? "end" : share < 0.3 ? "start" : "middle";
    node.textContent = share > 0.7 ? "its own ▲" : "▲ its own";
  };
}

function render({ model, el }) {
  const { meta, change, show } = connect({ model, el });
  const data = { meta, arrays: readArrays(model) };
  const { fields, level_names: levelNames, level_label: levelLabel, cases, whose, unit, own } = meta;
  const words = WORDS[whose];
  const last = levelNames.length - 1;

  const level = slider({
    label: levelLabel, min: 0, max: last, step: 1, ends: [levelNames[0], levelNames[last]],
    oninput: (i) => change({ level: i }, true),
  });
  const which = choice({ label: "Case", options: cases, onchange: (i) => change({ case: i }, true) });
  which.node.classList.add("av-which");
  const markOwn = ownMark(level);
  const rows = fields.map((field) => fieldRow(field));
  const verdict = html("p", { class: "av-verdict" });
  const [far, end] = [html("span", {}), html("span", {})];
  const head = html("div", { class: "av-head" }, html("div", { class: "av-looks" }, words.looks), html("div", {}),
    html("div", { class: "av-moves" }, words.moves));
  const axis = html("div", { class: "av-axis" },
    html("div", {}, far, html("span", {}, "0")), html("div", {}),
    html("div", {}, html("span", {}, "0"), end));
  const figure = html("div", { class: "av-figure" }, head, ...rows.map((row) => row.node), axis, verdict);
  const small = html("div", { class: "av-foot av-small" }, fold("How to read it", meta.claim && claimed(meta.claim),
    ...readings(`Left, the ${words.weight} of each field, all together 1. Right, how far it moves the score: `
      + `blue raises it, amber with stripes lowers it, in ${unit}. The axis fits what is shown.`, meta.claim?.rule)));

  function draw(state) {
    const result = compute(data, state);
    level.set(state.level, levelNames[state.level]);
    markOwn(own?.[state.case], last);
    which.set(state.case);
    rows.forEach((row, i) => row.set(result.rows[i], result, i === result.looked, i === result.moved));
    far.textContent = String(Number(result.widest.toPrecision(2)));
    end.textContent = `±${Number(result.reach.toPrecision(2))} ${unit}`;
    verdict.replaceChildren(...sentence(result, words));
    return { said: `${levelLabel}: ${levelNames[state.level]}. ${verdict.textContent}`, tables: () => [numberTable(result, levelNames, words, unit)] };
  }

  const remove = show({
    kind: "av-claim av-reason-explorer", controls: [which.node, level.node], figure, draw,
    fileName: (state) => `reason-explorer-case-${state.case}-level-${state.level}`,
    saved: (state) => ({
      ...state, case_name: cases[state.case], level_name: levelNames[state.level], whose, unit, ...compute(data, state),
    }),
  });
  el.querySelector(".av-actions").after(small);
  return remove;
}

function sentence({ rows, looked, moved, reach }, words) {
  const [first, other] = [rows[looked], rows[moved]];
  const push = (row) => strong(decimals(row.push, digitsFor(reach), true));
  const start = [words.lead, strong(first.field), ` (${words.weight} ${decimals(first.weight)}). `];
  if (looked === moved) return [...start, "Here the same field moves the score most: ", push(first), "."];
  return [...start, words.then, push(first), "; ", strong(other.field), " moves it most: ", push(other), "."];
}

function numberTable({ rows }, levelNames, words, unit) {
  const show = (value) => decimals(value, 4);
  const columns = ["field", ...levelNames.map((name) => `${words.weight}, ${name}`), ...levelNames.map((name) => `push, ${name}`)];
  return table(`Every ${words.weight} and every push (${unit}) of this case`, columns,
    rows.map((row) => [row.field, ...row.weights.map(show), ...row.pushes.map(show)]));
}

export default { render };
