// PromptParts: a bar of attention and a bar of push for each part of a prompt, and the prompt itself.

function compute(data, state) {
  const { parts, named } = data.meta;
  const { attention, pushes, defined, scores } = data.arrays;
  const layers = attention.shape[1];
  const chosen = state.layer === 0 ? Array.from({ length: layers }, (_, i) => i) : [state.layer - 1];
  const looks = chosen.map((layer) => attention.at(state.case, layer));
  const there = defined.at(state.case, state.way);
  const found = pushes.at(state.case, state.way).map((push, i) => (there[i] ? push : null));
  const rows = parts.map((part, i) => ({
    part, attention: looks.reduce((sum, look) => sum + look[i], 0) / looks.length, push: found[i],
  }));
  const [score] = scores.at(state.case);
  return {
    rows, score, probability: sigmoid(score),
    domain: found.reduce((most, push) => Math.max(most, Math.abs(push ?? 0)), 0) || 1,
    by_attention: named[argmax(named.map((i) => rows[i].attention))],
    by_push: named[argmax(named.map((i) => Math.abs(rows[i].push ?? 0)))],
  };
}

function partRow(name, onclick) {
  const [weight, push] = [weightBar(), signedBar()];
  const cells = { weight: cell("weight", "attention", weight.node), push: cell("push", "push", push.node) };
  const pick = html("button", { type: "button", class: "av-pick", onclick }, name);
  const node = html("div", { class: "av-row" }, html("div", { class: "av-name" }, pick), cells.weight.node, cells.push.node);
  return {
    node,
    set(row, domain, { named, pushed, shown }) {
      weight.set(row.attention);
      push.set(row.push ?? 0, domain);
      cells.weight.number.textContent = decimals(row.attention);
      cells.push.number.textContent = row.push === null ? "none" : decimals(row.push, 2, true);
      cells.weight.node.classList.toggle("av-first", named);
      cells.push.node.classList.toggle("av-first", pushed);
      pick.setAttribute("aria-pressed", String(shown));
      node.classList.toggle("av-shown", shown);
    },
  };
}

// --- the explorer -------------------------------------------------------------

function render({ model, el }) {
  const { meta, change, show } = connect({ model, el });
  const data = { meta, arrays: readArrays(model) };
  const { parts, ways, texts, cases } = meta;
  const layers = data.arrays.attention.shape[1];

  const which = choice({ label: "Case", options: cases, onchange: (i) => change({ case: i }, true) });
  const way = choice({ label: "Push, found by", options: ways, onchange: (i) => change({ way: i }, true) });
  const layer = slider({
    label: "Layer", min: 0, max: layers, step: 1, ends: ["mean of all", `layer ${layers}`],
    oninput: (value) => change({ layer: value }),
  });
  const rows = parts.map((part, i) => partRow(part, () => change({ part: i })));
  const verdict = html("p", { class: "av-verdict" });
  const axis = html("span", { class: "av-under" });
  const head = html("div", { class: "av-head" }, heading("Part of the prompt", "press to find it below"),
    heading("Attention of the answer’s place", "0 to 1, mean of the heads"), heading("Push", axis));
  const title = html("p", { class: "av-title" }, "The prompt");
  const words = html("p", { class: "av-prompt" });
  const figure = html("div", { class: "av-figure" }, verdict, head, ...rows.map((row) => row.node), title, words,
    foot(meta.claim, `The score is log p(Yes) − log p(No). The sentence leaves out what is the same in every prompt: ${fixedParts(data.meta)}.`));

  function draw(state) {
    const result = compute(data, state);
    which.set(state.case);
    way.set(state.way);
    layer.set(state.layer, state.layer === 0 ? "mean of all" : `${state.layer} of ${layers}`);
    rows.forEach((row, i) => row.set(result.rows[i], result.domain,
      { named: i === result.by_attention, pushed: i === result.by_push, shown: i === state.part }));
    axis.textContent = `score units, from ${decimals(-result.domain, 2, true)} to ${decimals(result.domain, 2, true)}`;
    verdict.replaceChildren(...sentence(result));
    words.replaceChildren(...promptText(texts[state.case], state.part));
    return { said: `${verdict.textContent} Shown in the prompt: ${parts[state.part]}.`, tables: () => [numberTable(result, ways[state.way])] };
  }

  return show({
    kind: "av-claim av-prompt-parts", controls: [layer.node, way.node, which.node], figure, draw,
    fileName: (state) => `prompt-parts-case-${state.case}-layer-${state.layer}`,
    saved: (state) => ({
      ...state, case_name: cases[state.case], way_name: ways[state.way], ...compute(data, state),
    }),
  });
}

const fixedParts = ({ parts, named }) => parts.filter((_, i) => !named.includes(i)).join(", ") || "nothing";

function sentence({ rows, score, probability, by_attention: looked, by_push: pushed }) {
  const strong = (i) => html("strong", {}, rows[i].part);
  const last = looked === pushed ? "The same part." : "Two different parts.";
  return [`Score ${decimals(score, 2, true)}: Yes against No has ${decimals(probability)}. Of what is told of her and the product, the model looks most at `, strong(looked),
    ", and the largest push comes from ", strong(pushed), `. ${last}`];
}

const promptText = (texts, shown) => texts.map((text, i) =>
  html(i === shown ? "mark" : "span", { class: i === 0 ? "av-template" : null }, text));

function numberTable({ rows }, way) {
  return table(`Every number of this case and layer; push by ${way}`, ["part", "attention", "push"],
    rows.map((row) => [row.part, decimals(row.attention, 4), row.push === null ? "none" : decimals(row.push, 4, true)]));
}

export default { render };
