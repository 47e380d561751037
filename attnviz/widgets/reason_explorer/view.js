// ReasonExplorer (figure F1, "Average is no reason"): the weight stands still, the push crosses zero.

const MOST_NAMED = 7;
const WORDS = {
  model: {
    weight: "weight", first: "looked at most", lead: "The model looks most at ", then: "It moves this score by ",
    weightTitle: "Weight: how much the model looks", pushTitle: "Push: how much it moves the model’s score",
  },
  shopper: {
    weight: "priority", first: "matters most", lead: "What matters most to this shopper: ", then: "Here it moves the true score by ",
    weightTitle: "Priority: what matters to this shopper", pushTitle: "Push: how much it moves the true score",
  },
};

function compute(data, state) {
  const { fields } = data.meta;
  const { weights, pushes } = data.arrays;
  const levels = weights.shape[1];
  const along = (array, i) => Array.from({ length: levels }, (_, level) => array.at(state.case, level, i)[0]);
  const rows = fields.map((field, i) => {
    const [weightsAlong, pushesAlong] = [along(weights, i), along(pushes, i)];
    return { field, weight: weightsAlong[state.level], push: pushesAlong[state.level], weights: weightsAlong, pushes: pushesAlong };
  });
  const domain = Math.max(...rows.flatMap((row) => row.pushes.map(Math.abs))) || 1;
  return {
    rows, domain,
    looked: argmax(rows.map((row) => row.weight)),
    moved: argmax(rows.map((row) => Math.abs(row.push))),
  };
}

const limits = (values) => [Math.min(...values), Math.max(...values)];

function fieldRow(field, words) {
  const weight = weightBar();
  const push = signedBar();
  const looked = html("span", { class: "av-badge" }, words.first);
  const moved = html("span", { class: "av-badge" }, "moves it most");
  const cells = { weight: cell("weight", words.weight, weight.node), push: cell("push", "push", push.node) };
  const badges = html("span", { class: "av-badges" }, looked, moved);
  const node = html("div", { class: "av-row" },
    html("div", { class: "av-name" }, html("span", { class: "av-field" }, field), badges),
    cells.weight.node, cells.push.node);
  return {
    node,
    set(row, domain, isLooked, isMoved) {
      weight.set(row.weight, { range: limits(row.weights) });
      push.set(row.push, domain, limits(row.pushes));
      cells.weight.number.textContent = decimals(row.weight);
      cells.push.number.textContent = decimals(row.push, 2, true);
      looked.hidden = !isLooked;
      moved.hidden = !isMoved;
      cells.weight.node.classList.toggle("av-first", isLooked);
      cells.push.node.classList.toggle("av-first", isMoved);
    },
  };
}

// At most a few names fit under a slider.
function shownNames(names) {
  if (names.length <= MOST_NAMED) return names;
  return [names[0], names[Math.floor((names.length - 1) / 2)], names.at(-1)];
}

function render({ model, el }) {
  const { meta, change, show } = connect({ model, el });
  const data = { meta, arrays: readArrays(model) };
  const { fields, level_names: levelNames, level_label: levelLabel, cases, whose } = meta;
  const words = WORDS[whose];

  const level = slider({
    label: levelLabel, min: 0, max: levelNames.length - 1, step: 1, ends: shownNames(levelNames),
    oninput: (i) => change({ level: i }),
  });
  const which = choice({ label: "Case", options: cases, onchange: (i) => change({ case: i }, true) });
  const rows = fields.map((field) => fieldRow(field, words));
  const verdict = html("p", { class: "av-verdict" });
  const axis = html("span", { class: "av-under" });
  const head = html("div", { class: "av-head" }, heading("Field"),
    heading(words.weightTitle, "0 to 1, all fields together 1"),
    heading(words.pushTitle, axis));
  const figure = html("div", { class: "av-figure" }, verdict, head, ...rows.map((row) => row.node),
    foot(meta.claim, "The thin line shows where a bar goes over all positions of the slider."));

  function draw(state) {
    const result = compute(data, state);
    level.set(state.level, levelNames[state.level]);
    which.set(state.case);
    rows.forEach((row, i) => row.set(result.rows[i], result.domain, i === result.looked, i === result.moved));
    axis.textContent = `in logits, from ${decimals(-result.domain, 2, true)} to ${decimals(result.domain, 2, true)}`;
    verdict.replaceChildren(...sentence(result, words));
    return { said: `${levelLabel}: ${levelNames[state.level]}. ${verdict.textContent}`, tables: () => [numberTable(result, levelNames, words)] };
  }

  return show({
    kind: "av-claim av-reason-explorer", controls: [level.node, which.node], figure, draw,
    fileName: (state) => `reason-explorer-case-${state.case}-level-${state.level}`,
    saved: (state) => ({
      ...state, case_name: cases[state.case], level_name: levelNames[state.level], whose, ...compute(data, state),
    }),
  });
}

function sentence({ rows, looked, moved }, words) {
  const [first, other] = [rows[looked], rows[moved]];
  const start = [words.lead, strong(first.field), ` (${words.weight} ${decimals(first.weight)}). `];
  if (looked === moved) return [...start, "Here the same field moves the score most: ", strong(decimals(first.push, 2, true)), "."];
  return [...start, words.then, strong(decimals(first.push, 2, true)), "; ",
    strong(other.field), " moves it most: ", strong(decimals(other.push, 2, true)), "."];
}

function numberTable({ rows }, levelNames, words) {
  const show = (value) => decimals(value, 4);
  const columns = ["field", ...levelNames.map((name) => `${words.weight}, ${name}`), ...levelNames.map((name) => `push, ${name}`)];
  return table(`Every ${words.weight} and every push (logit) of this case`, columns,
    rows.map((row) => [row.field, ...row.weights.map(show), ...row.pushes.map(show)]));
}

export default { render };
