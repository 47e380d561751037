// FieldExplorer: fields -> scores -> weights -> weighted vectors -> logit -> probability.

const STRIP_HEIGHT = 20;

// --- the model's last step, as in FieldExplorer.state() ---------------------

function compute(data, state) {
  const { meta, arrays } = data;
  const scores = arrays.query_scores.at(state.shopper, state.product);
  const on = meta.fields.map((field) => !state.switched_off.includes(field));
  const weights = softmax(scores, state.temperature, on);
  const head = arrays.head_weight.at();
  const bias = arrays.head_bias.at()[0];
  const rows = meta.fields.map((field, i) => {
    const vector = arrays.vectors.at(state.shopper, state.product, i);
    const dot = vector.reduce((sum, x, d) => sum + x * head[d], 0);
    return {
      field, on: on[i], score: scores[i], weight: weights[i], dot,
      weighted: vector.map((x) => weights[i] * x), length: weights[i] * Math.hypot(...vector), contribution: weights[i] * dot,
      attribution: arrays.attributions?.at(state.shopper, state.product, i)[0],
      mean: arrays.training_weights?.at(state.step, i)[0] ?? null,
    };
  });
  const logit = rows.reduce((sum, row) => sum + row.contribution, bias);
  const plain = state.temperature === 1 && on.every(Boolean);
  return { rows, bias, logit, probability: 1 / (1 + Math.exp(-logit)), plain, none: !on.some(Boolean) };
}

function softmax(scores, temperature, on) {
  const top = Math.max(...scores.filter((_, i) => on[i]));
  const powers = scores.map((score, i) => (on[i] ? Math.exp((score - top) / temperature) : 0));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => (total > 0 ? power / total : 0));
}

// Axes stay put while the temperature moves: they are set by the undisturbed state.
function axes(data, state, result) {
  const plain = compute(data, { ...state, temperature: 1, switched_off: [] });
  const largest = (rows, of) => Math.max(...rows.map((row) => Math.abs(of(row)) || 0));
  const vector = Math.max(...plain.rows.flatMap((row) => row.weighted.map(Math.abs)));
  const push = 1.2 * largest(plain.rows, (row) => row.contribution);
  return {
    vector: vector || 1,
    contribution: Math.max(push, largest(result.rows, (row) => row.contribution)) || 1,
    attribution: largest(plain.rows, (row) => row.attribution) || 1,
  };
}

// --- parts of the drawing ---------------------------------------------------

function vectorStrip(dim) {
  const cells = Array.from({ length: dim }, (_, d) => drawn("rect", {
    x: `${(100 * d) / dim}%`, width: `${(100 / dim) * 0.9}%`, y: 3, height: STRIP_HEIGHT - 6,
  }));
  const track = drawn("rect", { class: "av-track", y: 3, height: STRIP_HEIGHT - 6, width: "100%" });
  return {
    node: bar(track, ...cells),
    set(values, domain) {
      cells.forEach((rect, d) => {
        rect.setAttribute("class", values[d] < 0 ? "av-negative" : "av-positive");
        rect.setAttribute("fill-opacity", clamp(Math.abs(values[d]) / domain, 0, 1).toFixed(3));
      });
    },
  };
}

function thermometer() {
  const mercury = drawn("rect", { class: "av-mercury", y: 4, height: 16, rx: 8, width: "0%" });
  const ticks = [0, 25, 50, 75, 100].flatMap((share) => [
    drawn("line", { class: "av-tick", x1: `${share}%`, x2: `${share}%`, y1: 24, y2: share % 50 ? 27 : 29 }),
    share % 50 ? null : drawn("text", {
      class: "av-tick-text", x: `${share}%`, y: 43, "text-anchor": ["start", "middle", "end"][share / 50],
    }, String(share / 100)),
  ]);
  const track = drawn("rect", { class: "av-track", y: 4, height: 16, rx: 8, width: "100%" });
  const node = drawn("svg", { class: "av-bar av-thermometer", "aria-hidden": "true", height: 44 }, track, mercury, ...ticks.filter(Boolean));
  return { node, set: (probability) => mercury.setAttribute("width", percent(100 * probability)) };
}

function fieldRow(field, dim, options, ontoggle) {
  const box = html("input", { type: "checkbox", id: uniqueId(), onchange: () => ontoggle(field, box.checked) });
  const label = html("label", { for: box.id }, box, html("span", {}, field));
  const text = html("p", { class: "av-text av-clip", id: uniqueId() });
  const more = html("button", {
    type: "button", class: "av-more av-no-export", "aria-controls": text.id, onclick: () => unfold(!text.classList.contains("av-open")),
  });
  function unfold(open) {
    text.classList.toggle("av-open", open);
    more.textContent = open ? "less" : "more";
    more.setAttribute("aria-expanded", String(open));
    more.setAttribute("aria-label", `${open ? "less" : "more"} of ${field}`);
  }
  const parts = { weight: weightBar(), vector: vectorStrip(dim), contribution: signedBar(), attribution: signedBar() };
  const cells = {
    score: cell("score", "score"),
    weight: cell("weight", "weight", parts.weight.node),
    vector: cell("vector", "weighted vector", parts.vector.node),
    contribution: cell("contribution", "contribution", parts.contribution.node),
    attribution: options.attribution && cell("attribution", options.attribution, parts.attribution.node),
  };
  const name = html("div", { class: "av-name" }, html("div", { class: "av-field" }, label, more), text);
  const node = html("div", { class: "av-row" }, name, ...Object.values(cells).map((one) => one && one.node));
  return {
    node,
    settext(words) {
      text.textContent = words || "nothing here";
      text.classList.toggle("av-empty", !words);
      unfold(false);
    },
    fit() {
      const open = text.classList.contains("av-open");
      if (!open) more.hidden = text.scrollHeight <= text.clientHeight + 1;
    },
    set(row, domain, plain) {
      box.checked = row.on;
      node.classList.toggle("av-off", !row.on);
      cells.score.number.textContent = decimals(row.score, 2, true);
      parts.weight.set(row.weight, { marked: row.mean });
      cells.weight.number.textContent = row.on ? decimals(row.weight) : "0 · off";
      parts.vector.set(row.weighted, domain.vector);
      cells.vector.number.textContent = decimals(row.length);
      parts.contribution.set(row.contribution, domain.contribution);
      cells.contribution.number.textContent = decimals(row.contribution, 2, true);
      if (!cells.attribution) return;
      parts.attribution.set(row.attribution, domain.attribution);
      cells.attribution.number.textContent = decimals(row.attribution, 2, true);
      cells.attribution.node.classList.toggle("av-stale", !plain);
    },
  };
}

function legend() {
  const limit = html("span");
  const node = html("span", { class: "av-legend" }, html("span", { class: "av-ramp", "aria-hidden": "true" }), limit);
  return { node, set(domain) { limit.textContent = `\u00b1${decimals(domain)}`; } };
}

// --- the explorer -------------------------------------------------------------

function render({ model, el }) {
  const { meta, change, show } = connect({ model, el });
  const data = { meta, arrays: readArrays(model) };
  const { fields, shoppers, products, attribution_name: attributionName, steps } = meta;
  const hasAttributions = Boolean(data.arrays.attributions);
  let drawnProduct = null;

  function toggle(field, on) {
    const off = new Set(model.get("switched_off"));
    if (on) off.delete(field);
    else off.add(field);
    change({ switched_off: fields.filter((name) => off.has(name)) }, true);
  }

  const shopper = choice({ label: "Shopper", options: shoppers, onchange: (i) => change({ shopper: i }, true) });
  const product = choice({ label: "Product", options: products.map((one) => one.title), onchange: (i) => change({ product: i }, true) });
  const temperature = slider({
    label: "Temperature T", min: -1, max: 1, step: 0.02, ends: ["0.1: one takes all", "10: all alike"],
    oninput: (power) => change({ temperature: Number((10 ** power).toPrecision(3)) }),
  });
  const step = steps && slider({
    label: "Training step", min: 0, max: steps.length - 1, step: 1, ends: ["start", "end of training"],
    oninput: (i) => change({ step: i }),
  });
  const rows = fields.map((field) => fieldRow(field, data.arrays.vectors.shape[3], { attribution: hasAttributions && attributionName }, toggle));

  const title = html("p", { class: "av-product" });
  const colours = legend();
  const axis = html("span", { class: "av-under" });
  const head = html("div", { class: "av-head" },
    heading("Field", "what the shop says"), heading("Score", "q · k"), heading("Weight w", "softmax(score/T)"),
    fill(heading("Weighted vector", "w × x, length"), {}, [colours.node]),
    fill(heading("Contribution", "w × (h · x)"), {}, [axis]),
    hasAttributions ? fill(heading(attributionName, "at T = 1, all on"), { class: "av-beside" }, []) : null);

  const mercury = thermometer();
  const sum = html("p", { class: "av-sum" });
  const chance = html("p", { class: "av-chance" });
  const words = html("p", { class: "av-note av-remarks" });
  const letters = html("div", { class: "av-foot" }, fold("What the letters mean",
    html("p", { class: "av-note" }, "q: the shopper's query. k: the field's key. x: the field's vector. h: the head. T: the temperature.")));
  const result = html("div", { class: "av-result" },
    html("div", {}, html("span", { class: "av-title" }, "Logit"), sum),
    html("div", {}, html("span", { class: "av-title" }, "Probability"), chance, mercury.node));
  const figure = html("div", { class: "av-figure" }, title, head, ...rows.map((row) => row.node), result, words, letters);
  figure.classList.toggle("av-with-attributions", hasAttributions);

  function draw(state) {
    const result = compute(data, state);
    const domain = axes(data, state, result);
    const texts = products[state.product];
    shopper.set(state.shopper);
    product.set(state.product);
    temperature.set(Math.log10(state.temperature), String(Number(state.temperature.toPrecision(3))));
    step?.set(state.step, `${steps[state.step]}`);
    title.textContent = `${texts.title}, for ${shoppers[state.shopper]}`;
    if (drawnProduct !== state.product) {
      rows.forEach((row, i) => row.settext(texts.fields[i]));
      rows.forEach((row) => row.fit());
    }
    drawnProduct = state.product;
    rows.forEach((row, i) => row.set(result.rows[i], domain, result.plain));
    colours.set(domain.vector);
    axis.textContent = `\u00b1${decimals(domain.contribution)} logit`;
    mercury.set(result.probability);
    chance.textContent = decimals(result.probability);
    sum.replaceChildren(...equation(result));
    words.textContent = remarks(result, steps && steps[state.step], hasAttributions && attributionName);
    return { said: `Temperature ${decimals(state.temperature)}. ${spoken(result)}`, tables: () => tables(result, texts, attributionName) };
  }

  const unmount = show({
    kind: "av-field-explorer", controls: [shopper.node, product.node, temperature.node, step && step.node], figure, draw,
    fileName: (state) => `field-explorer-shopper-${state.shopper}-product-${state.product}`,
    saved: (state) => ({ ...state, ...compute(data, state) }),
  });
  const watch = new ResizeObserver(() => rows.forEach((row) => row.fit()));
  watch.observe(figure);
  return () => {
    watch.disconnect();
    unmount();
  };
}

const tone = (value) => (Math.abs(value) < 0.005 ? null : value < 0 ? "av-minus" : "av-plus");

function equation({ rows, bias, logit }) {
  const terms = rows.map((row) => html("span", { class: "av-term" },
    html("b", { class: tone(row.contribution) }, decimals(row.contribution, 2, true)), ` ${row.field}`));
  return [...terms, html("span", { class: "av-term" }, html("b", {}, decimals(bias, 2, true)), " bias"),
    html("span", { class: "av-term av-total" }, `= ${decimals(logit, 2, true)}`)];
}

function remarks({ plain, none, bias }, step, attributionName) {
  const sentences = [];
  if (none) sentences.push(`All fields are off: nothing is added, and the logit is the bias alone (${decimals(bias, 2, true)}).`);
  if (step !== null) sentences.push(`The line on a weight is the shop's mean weight at training step ${step}.`);
  if (attributionName && !plain) sentences.push(`The greyed column (${attributionName}) was computed with all fields on at temperature 1; it does not describe this state.`);
  return sentences.join(" ");
}

function spoken({ rows, probability, none }) {
  if (none) return `All fields are off. Probability ${decimals(probability)}.`;
  const first = rows[argmax(rows.map((row) => row.weight))];
  return `Largest weight: ${first.field}, ${decimals(first.weight)}. Probability ${decimals(probability)}.`;
}

function tables({ rows, bias, logit, probability }, texts, attributionName) {
  const show = (value) => decimals(value, 4);
  const optional = (values, name) => (values.some((value) => value === null || value === undefined) ? [] : [[name, values]]);
  const extra = [
    ...optional(rows.map((row) => row.mean), "shop's mean weight"),
    ...optional(rows.map((row) => row.attribution), attributionName),
  ];
  const columns = ["field", "score", "weight", "head · vector", "length of w × x", "contribution", ...extra.map(([name]) => name), "text"];
  const body = rows.map((row, i) => [row.field, show(row.score), show(row.weight), show(row.dot), show(row.length), show(row.contribution),
    ...extra.map(([, values]) => show(values[i])), texts.fields[i]]);
  const caption = `Bias ${show(bias)}, logit ${show(logit)}, probability ${show(probability)}`;
  const first = table(caption, columns, body);
  first.querySelectorAll("td:last-child").forEach((one) => one.classList.add("av-words"));
  const dims = ["field", ...rows[0].weighted.map((_, d) => String(d))];
  return [first, table("Weighted vector w × x, one column a dimension", dims, rows.map((row) => [row.field, ...row.weighted.map(show)]))];
}

export default { render };
