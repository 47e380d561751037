// BaselineSlider ("Compared with what?"): the score stands still, and its shares change with the baseline.

function levelName({ stops, steps }, level) {
  const [stop, past] = [Math.floor(level / steps), level % steps];
  return past === 0 ? stops[stop] : `a mixture of ${stops[stop]} and ${stops[stop + 1]}, ${steps - past} : ${past}`;
}

function compute(data, state) {
  const { fields, steps, turns } = data.meta;
  const along = fields.map((_, i) => data.arrays.baseline_logits.at(state.case)
    .map((_, level) => data.arrays.attributions.at(state.case, level, i)[0]));
  const rows = fields.map((field, i) => {
    const atStops = along[i].filter((_, level) => level % steps === 0);
    return {
      field, attribution: along[i][state.level], along: along[i],
      turned: Math.min(...atStops) <= -turns && Math.max(...atStops) >= turns,
    };
  });
  const [logit] = data.arrays.logits.at(state.case);
  const baselineLogits = data.arrays.baseline_logits.at(state.case);
  return {
    baseline: levelName(data.meta, state.level), rows, logit, baseline_logits: baselineLogits,
    baseline_logit: baselineLogits[state.level],
    scale: Math.max(Math.abs(logit), ...baselineLogits.map(Math.abs)) || 1,
    domain: Math.max(...along.flat().map(Math.abs)) || 1,
    most: argmax(rows.map((row) => Math.abs(row.attribution))),
  };
}

// --- parts of the drawing ---------------------------------------------------

// A score, as a dot on a line from -scale to +scale.
function scoreBar() {
  const dot = drawn("circle", { class: "av-dot", r: 6, cy: 10 });
  const node = bar(drawn("line", { class: "av-span", x1: "1%", x2: "99%", y1: 10, y2: 10 }),
    drawn("line", { class: "av-zero", x1: "50%", x2: "50%", y1: 4, y2: 16 }), dot);
  return { node, set: (value, scale) => dot.setAttribute("cx", percent(50 + (48 * value) / scale)) };
}

function scoreRow(kind) {
  const line = scoreBar();
  const share = cell("score", "score", line.node);
  const [name, under] = [html("span", { class: "av-field" }), html("span", { class: "av-under" })];
  const node = html("div", { class: `av-row av-score av-${kind}` },
    html("div", { class: "av-name" }, name, under), share.node);
  return {
    node,
    set(title, words, value, scale) {
      name.textContent = title;
      under.textContent = words;
      line.set(value, scale);
      share.number.textContent = decimals(value, 2, true);
    },
  };
}

function fieldRow(field) {
  const push = signedBar();
  const share = cell("share", "attribution", push.node);
  const most = html("span", { class: "av-badge" }, "moves it most");
  const turns = html("span", { class: "av-badge" }, "turns with the baseline");
  const node = html("div", { class: "av-row" },
    html("div", { class: "av-name" }, html("span", { class: "av-field" }, field), html("span", { class: "av-badges" }, most, turns)),
    share.node);
  return {
    node,
    set({ attribution, along, turned }, domain, isMost) {
      push.set(attribution, domain, [Math.min(...along), Math.max(...along)]);
      share.number.textContent = decimals(attribution, 2, true);
      share.node.classList.toggle("av-first", isMost);
      most.hidden = !isMost;
      turns.hidden = !turned;
    },
  };
}

// --- the explorer -------------------------------------------------------------

function render({ model, el }) {
  const { meta, change, show } = connect({ model, el });
  const data = { meta, arrays: readArrays(model) };
  const { fields, stops, steps, turns, cases } = meta;

  const level = slider({
    label: "Compared with", min: 0, max: (stops.length - 1) * steps, step: 1, ends: stops,
    oninput: (i) => change({ level: i }),
  });
  const which = choice({ label: "Case", options: cases, onchange: (i) => change({ case: i }, true) });
  const [product, baseline] = ["product", "baseline"].map(scoreRow);
  const rows = fields.map(fieldRow);
  const verdict = html("p", { class: "av-verdict" });
  const [scale, axis] = [html("span", { class: "av-under" }), html("span", { class: "av-under" })];
  const head = (first, second, under) => html("div", { class: "av-head" }, heading(first), heading(second, under));
  const figure = html("div", { class: "av-figure" }, verdict,
    head("Score of", "The model\u2019s score", scale), product.node, baseline.node,
    head("Field", "Attribution: its share in the difference of the two scores", axis), ...rows.map((row) => row.node),
    foot(meta.claim, ["The thin line shows where a bar goes along the whole slider.",
      `A field turns when it raises the score by at least ${turns} against one of the ${stops.length} baselines, and lowers it by as much against another.`]));

  function draw(state) {
    const result = compute(data, state);
    level.set(state.level, result.baseline);
    which.set(state.case);
    product.set("this product", "stands still", result.logit, result.scale);
    baseline.set("the baseline", result.baseline, result.baseline_logit, result.scale);
    rows.forEach((row, i) => row.set(result.rows[i], result.domain, i === result.most));
    scale.textContent = `in logits, from ${decimals(-result.scale, 2, true)} to ${decimals(result.scale, 2, true)}`;
    axis.textContent = `in logits, from ${decimals(-result.domain, 2, true)} to ${decimals(result.domain, 2, true)}`;
    verdict.replaceChildren(...sentence(result));
    return { said: verdict.textContent, tables: () => [numberTable(result, data.meta)] };
  }

  return show({
    kind: "av-claim av-baseline-slider", controls: [level.node, which.node], figure, draw,
    buttons: [button("Next baseline", () => change({ level: steps * ((Math.floor(model.get("level") / steps) + 1) % stops.length) }, true))],
    fileName: (state) => `baseline-slider-case-${state.case}-level-${state.level}`,
    saved: (state) => ({ ...state, case_name: cases[state.case], ...compute(data, state) }),
  });
}

function sentence({ baseline, rows, most, logit, baseline_logit: other }) {
  return ["Compared with ", strong(baseline), `, the score ${decimals(logit, 2, true)} stands `,
    strong(`${decimals(Math.abs(logit - other))} ${logit < other ? "lower" : "higher"}`), ". ",
    strong(rows[most].field), " moves it most: ", strong(decimals(rows[most].attribution, 2, true)), "."];
}

function numberTable({ rows, logit, baseline_logits: baselineLogits }, { stops, steps }) {
  const show = (value) => decimals(value, 4);
  const atStops = (values) => values.filter((_, level) => level % steps === 0).map(show);
  return table("Attributions and scores (logits) of this case against each baseline", ["", ...stops], [
    ...rows.map(({ field, along }) => [field, ...atStops(along)]),
    ["score of the baseline", ...atStops(baselineLogits)],
    ["score of this product", ...stops.map(() => show(logit))],
  ]);
}

export default { render };
