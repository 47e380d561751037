// WeightTriangle (figure F3, "Same score, other weights"): the weights of a prediction are not unique.

const CORNERS = [[34, 340], [220, 18], [406, 340]]; // of the drawing: left, top (over the middle), right
const [WIDTH, HEIGHT] = [440, 390];
const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2]; // widths of a band of probability
const MOST_BANDS = 9;
const SAME = 0.005; // shares closer than this are shown as one

const dotProduct = (a, b) => sum(a.map((value, i) => value * b[i]));
const logitOf = (p) => Math.log(clamp(p, 0, 1) / (1 - clamp(p, 0, 1)));

// --- the model's last step, as in WeightTriangle.state() ----------------------

function compute(data, state) {
  const { fields, free, epsilon } = data.meta;
  const [values, own, furthest] = ["values", "weights", "furthest"].map((name) => data.arrays[name].at(state.case));
  const bias = data.arrays.bias.at()[state.case];
  const mass = sum(free.map((i) => own[i]));
  const weighting = (weights) => {
    const logit = bias + dotProduct(weights, values);
    return {
      weights, shares: free.map((i) => weights[i] / mass), logit, probability: sigmoid(logit),
      moved: sum(weights.map((weight, i) => Math.abs(weight - own[i]))) / 2,
    };
  };
  const at = (shares) => weighting(own.map((weight, i) => (free.includes(i) ? mass * shares[free.indexOf(i)] : weight)));
  const [model, dot] = [weighting(own), at(state.dot)];
  const difference = dot.probability - model.probability;
  return {
    fields, free, values, mass, epsilon, model, furthest: weighting(furthest), dot, difference,
    within: Math.abs(difference) <= epsilon + 1e-4,
    corners: [[1, 0, 0], [0, 1, 0], [0, 0, 1]].map(at),
  };
}

// --- the triangle ---------------------------------------------------------------

const toPoint = (shares) => [0, 1].map((axis) => dotProduct(shares, CORNERS.map((corner) => corner[axis])));

function toShares([x, y]) {
  const [[left, base], [, top], [right]] = CORNERS;
  const second = (base - y) / (base - top);
  const third = (x - left) / (right - left) - second / 2;
  return [1 - second - third, second, third];
}

const between = (a, b, t) => a.map((value, i) => value + t * (b[i] - value));
const distance = (a, b) => Math.hypot(...a.map((value, i) => value - b[i]));

function nearestOn([a, b], point) {
  const along = b.map((value, i) => value - a[i]);
  const length = dotProduct(along, along);
  const t = length ? dotProduct(point.map((value, i) => value - a[i]), along) / length : 0;
  return between(a, b, clamp(t, 0, 1));
}

// The nearest shares to a point of the drawing, inside the triangle or on a segment of it.
function nearestShares(point, segment) {
  if (segment) return tidy(toShares(nearestOn(segment.map(toPoint), point)));
  if (toShares(point).every((share) => share >= 0)) return tidy(toShares(point));
  const edges = [0, 1, 2].map((i) => nearestOn([CORNERS[i], CORNERS[(i + 1) % 3]], point));
  return tidy(toShares(edges.reduce((best, one) => (distance(one, point) < distance(best, point) ? one : best))));
}

function tidy(shares) {
  const positive = shares.map((share) => Math.max(share, 0));
  return positive.map((share) => share / sum(positive));
}

// The part of the triangle where low <= logit <= high: a polygon, since the logit is linear.
function region(corners, low, high) {
  const keep = (polygon, inside, limit) => polygon.flatMap((here, i) => {
    const next = polygon[(i + 1) % polygon.length];
    const crossing = inside(here.logit) !== inside(next.logit);
    const t = (limit - here.logit) / (next.logit - here.logit);
    return [...(inside(here.logit) ? [here] : []), ...(crossing ? [{ logit: limit, shares: between(here.shares, next.shares, t) }] : [])];
  });
  const above = keep(corners, (logit) => logit >= low, low);
  return keep(above, (logit) => logit <= high, high).map((one) => one.shares);
}

// Where the line of one logit enters and leaves the triangle; null if every point has that logit.
function lineOf(corners, logit) {
  const ends = [0, 1, 2].flatMap((i) => {
    const [a, b] = [corners[i], corners[(i + 1) % 3]];
    if (Math.abs(a.logit - b.logit) < 1e-9 || (a.logit - logit) * (b.logit - logit) > 1e-12) return [];
    return [between(a.shares, b.shares, clamp((logit - a.logit) / (b.logit - a.logit), 0, 1))];
  });
  const pairs = ends.flatMap((a) => ends.map((b) => [a, b]));
  return pairs.length ? pairs.reduce((best, pair) => (distance(...pair) > distance(...best) ? pair : best)) : null;
}

// Bands of equal probability, with round numbers at their borders.
function bandsOf(corners) {
  const chances = corners.map((corner) => corner.probability);
  const [low, high] = [Math.min(...chances), Math.max(...chances)];
  const step = STEPS.find((one) => (high - low) / one <= MOST_BANDS - 2) ?? STEPS.at(-1);
  const first = Math.floor(low / step + 1e-9);
  const count = Math.max(Math.ceil(high / step - 1e-9) - first, 1);
  return Array.from({ length: count }, (_, i) => ({
    low: (first + i) * step, high: (first + i + 1) * step, opacity: count === 1 ? 0.3 : 0.05 + (0.7 * i) / (count - 1),
  }));
}

// --- parts of the drawing ---------------------------------------------------------

const MARKERS = {
  model: () => drawn("circle", { class: "av-model", r: 7 }),
  furthest: () => drawn("path", { class: "av-furthest", d: "M0 -9 L9 0 L0 9 L-9 0 Z" }),
  dot: () => drawn("g", {}, drawn("circle", { class: "av-halo", r: 14 }), drawn("circle", { class: "av-ring", r: 14 })),
};

const moveTo = (node, [x, y]) => node.setAttribute("transform", `translate(${x.toFixed(2)} ${y.toFixed(2)})`);
const outline = (polygon) => polygon.map((shares) => toPoint(shares).map((value) => value.toFixed(2)).join(",")).join(" ");
const words = (attributes) => drawn("text", { "paint-order": "stroke", "stroke-linejoin": "round", "text-anchor": "middle", "font-weight": 650, ...attributes });

function triangle(names, onmove) {
  const bands = drawn("g");
  const strip = drawn("polygon", { class: "av-strip", "stroke-dasharray": "5 4" });
  const line = drawn("line", { class: "av-line" });
  const edge = drawn("polygon", { class: "av-outline", points: CORNERS.map((corner) => corner.join(",")).join(" ") });
  const markers = { furthest: MARKERS.furthest(), model: MARKERS.model(), dot: MARKERS.dot() };
  const grip = drawn("circle", { class: "av-grip", r: 24, "fill-opacity": 0 });
  markers.dot.append(grip);
  const labels = { model: words({ class: "av-label" }), furthest: words({ class: "av-label" }) };
  const corners = CORNERS.map(([x, y], i) => fill(words({ class: "av-corner", x, y: i === 1 ? y - 6 : y + 22 }), {}, [names[i]]));
  const chances = CORNERS.map(([x, y], i) => words({ class: "av-corner-p", "font-weight": 400, x: i === 1 ? x + 48 : x, y: i === 1 ? y + 12 : y + 38 }));

  const node = drawn("svg", { class: "av-triangle", "aria-hidden": "true", overflow: "visible", viewBox: `0 0 ${WIDTH} ${HEIGHT}` },
    bands, edge, strip, line, markers.furthest, markers.model, ...corners, ...chances, ...Object.values(labels), markers.dot);
  drag(node, grip, onmove);
  return {
    node,
    set({ corners: ends, model, furthest, dot, epsilon }) {
      const chance = model.probability;
      bands.replaceChildren(...bandsOf(ends).map(({ low, high, opacity }) =>
        drawn("polygon", { class: "av-band", "fill-opacity": opacity, points: outline(region(ends, logitOf(low), logitOf(high))) })));
      strip.setAttribute("points", outline(region(ends, logitOf(chance - epsilon), logitOf(chance + epsilon))));
      drawLine(line, lineOf(ends, model.logit));
      ends.forEach((end, i) => { chances[i].textContent = `p ${decimals(end.probability)}`; });
      const points = { model: toPoint(model.shares), furthest: toPoint(furthest.shares), dot: toPoint(dot.shares) };
      for (const [name, marker] of Object.entries(markers)) moveTo(marker, points[name]);
      const upper = points.model[1] <= points.furthest[1] ? "model" : "furthest";
      for (const [name, label] of Object.entries(labels)) {
        label.textContent = `${name} p ${decimals((name === "model" ? model : furthest).probability)}`;
        moveTo(label, labelPlace(points[name], name === upper));
      }
    },
  };
}

// Above the upper marker and below the lower one, but beside the name of a corner.
function labelPlace([x, y], isUpper) {
  const [[, base], [, top]] = CORNERS;
  if (isUpper && y < top + 34) return [x - 92, y + 24];
  const margin = !isUpper && y > base - 34 ? 146 : 64;
  return [clamp(x, margin, WIDTH - margin), y + (isUpper ? -22 : 32)];
}

function drawLine(line, ends) {
  line.setAttribute("visibility", ends ? "visible" : "hidden");
  ends?.map(toPoint).forEach(([x, y], i) => fill(line, { [`x${i + 1}`]: x, [`y${i + 1}`]: y }, []));
}

// The ring is dragged; a click elsewhere brings it there. Only the ring keeps a finger from scrolling the page.
function drag(svg, grip, onmove) {
  const place = (event) => {
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    onmove([x, y]);
  };
  grip.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    grip.setPointerCapture(event.pointerId);
  });
  grip.addEventListener("pointermove", (event) => grip.hasPointerCapture(event.pointerId) && place(event));
  svg.addEventListener("click", (event) => event.target !== grip && place(event));
}

const icon = (name) => drawn("svg", { class: "av-icon", "aria-hidden": "true", viewBox: "-17 -17 34 34", width: 28, height: 28 }, MARKERS[name]());

// One way to weight the fields: its marker, three weights and the probability.
function weightingRow(name, title, names) {
  const bars = names.map(weightBar);
  const cells = names.map((field, i) => cell("weight", field, bars[i].node));
  const chance = cell("chance", "probability", null);
  const under = html("span", { class: "av-under" });
  const node = html("div", { class: "av-row" },
    html("div", { class: "av-name" }, icon(name), html("span", {}, html("span", { class: "av-field" }, title), under)),
    ...cells.map((one) => one.node), chance.node);
  return {
    node,
    set(weighting, free, remark) {
      free.forEach((field, i) => {
        bars[i].set(weighting.weights[field]);
        cells[i].number.textContent = decimals(weighting.weights[field]);
      });
      chance.number.textContent = decimals(weighting.probability);
      under.textContent = remark;
    },
  };
}

function legend() {
  const node = drawn("svg", { class: "av-bar av-scale", "aria-hidden": "true", height: 32 });
  return {
    node,
    set(bands) {
      const width = 100 / bands.length;
      const digits = bands[0].high - bands[0].low < 0.095 ? 2 : 1;
      const text = (value, x, anchor) => drawn("text", { class: "av-tick-text", x, y: 30, "text-anchor": anchor }, value.toFixed(digits));
      node.replaceChildren(...bands.map(({ opacity }, i) => drawn("rect", {
        class: "av-band", "fill-opacity": opacity, x: `${i * width}%`, width: `${width}%`, y: 1, height: 14,
      })), text(bands[0].low, 0, "start"), text(bands.at(-1).high, "100%", "end"));
    },
  };
}

// --- the explorer -------------------------------------------------------------------

function render({ model, el }) {
  const { meta, read, change, show } = connect({ model, el });
  const data = { meta, arrays: readArrays(model) };
  const { fields, free, cases, epsilon } = meta;
  const names = free.map((i) => fields[i]);

  // The line that the dot is kept on, if it is.
  const segment = (state) => {
    const { corners, model: own } = compute(data, state);
    return state.on_line ? lineOf(corners, own.logit) : null;
  };

  const move = (point) => change({ dot: nearestShares(point, segment(read())) });

  function moveShare(corner, share) {
    const state = read();
    const ends = segment(state);
    if (!ends) return change({ dot: withShare(state.dot, corner, share) });
    const length = ends[1][corner] - ends[0][corner];
    if (Math.abs(length) < 1e-9) return change({});
    return change({ dot: tidy(between(...ends, clamp((share - ends[0][corner]) / length, 0, 1))) });
  }

  function atCase(i) {
    const { furthest } = compute(data, { ...read(), case: i });
    const state = { ...read(), case: i, dot: tidy(furthest.shares) };
    return { ...state, dot: state.on_line ? nearestShares(toPoint(state.dot), segment(state)) : state.dot };
  }

  function keepLine(on) {
    const state = { ...read(), on_line: on };
    change({ on_line: on, dot: on ? nearestShares(toPoint(state.dot), segment(state)) : state.dot }, true);
  }

  const sliders = names.map((name, corner) => slider({
    label: `Weight of ${name}`, min: 0, max: 1, step: 0.01, oninput: (share) => moveShare(corner, share),
  }));
  const which = choice({ label: "Case", options: cases, onchange: (i) => change(atCase(i), true) });
  const keep = checkbox({ label: "Stay on the line of the model’s score", onchange: keepLine });
  const drawing = triangle(names, move);
  const scale = legend();
  const rows = {
    model: weightingRow("model", "the model’s", names),
    furthest: weightingRow("furthest", "the furthest", names),
    dot: weightingRow("dot", "yours", names),
  };
  const verdict = html("p", { class: "av-verdict" });
  const frozen = note("");
  const side = html("div", { class: "av-side" },
    html("div", { class: "av-head" }, heading("Weights"), ...names.map((name) => heading(name)), heading("p")),
    ...Object.values(rows).map((row) => row.node), frozen,
    html("div", { class: "av-shade" }, html("span", { class: "av-title" }, "Shade: the probability p"), scale.node));
  const figure = html("div", { class: "av-figure" }, verdict,
    html("div", { class: "av-parts" }, drawing.node, side),
    foot(meta.claim, ["Drag the ring. The full line joins all weights with the model’s own score; between the dashed lines p is within "
      + `\u00b1${epsilon} of it.`, "Not unique is not wrong: the model did use its own weights, but others would have served as well."]));

  function draw(state) {
    const result = compute(data, state);
    sliders.forEach((one, i) => one.set(state.dot[i], decimals(result.dot.weights[free[i]])));
    which.set(state.case);
    keep.set(state.on_line);
    drawing.set(result);
    scale.set(bandsOf(result.corners));
    rows.model.set(result.model, free, "");
    rows.furthest.set(result.furthest, free, `${decimals(result.furthest.moved)} moved`);
    rows.dot.set(result.dot, free, `${decimals(result.dot.moved)} moved${result.within ? "" : `, p more than ${epsilon} off`}`);
    frozen.textContent = stays(result);
    verdict.replaceChildren(...sentence(result));
    return { said: `${names.map((name, i) => `${name} ${decimals(result.dot.weights[free[i]])}`).join(", ")}. ${verdict.textContent}`, tables: () => [numberTable(result)] };
  }

  return show({
    kind: "av-claim av-weight-triangle",
    controls: [...sliders.map((one) => one.node), which.node, html("div", { class: "av-control av-check" }, keep.node)],
    figure, draw,
    atCase,
    fileName: (state) => `weight-triangle-case-${state.case}`,
    saved: (state) => ({ ...state, case_name: cases[state.case], ...compute(data, state) }),
  });
}

// One share is set; the two others keep their proportion.
function withShare(dot, corner, share) {
  const rest = 1 - dot[corner];
  return dot.map((old, i) => (i === corner ? share : rest > 1e-9 ? (old / rest) * (1 - share) : (1 - share) / 2));
}

function stays({ fields, free, model }) {
  const kept = fields.flatMap((field, i) => (free.includes(i) ? [] : [`${field} ${decimals(model.weights[i])}`]));
  return kept.length ? `Frozen: ${kept.join(", ")}.` : "";
}

function sentence({ model, dot, difference, within, epsilon }) {
  const own = decimals(model.probability);
  if (dot.moved < SAME) return ["These are the model’s own weights. They give a probability of ", strong(own), "."];
  const start = ["Move ", strong(decimals(dot.moved)), " of the weight elsewhere: the probability "];
  if (within && decimals(dot.probability) === own) return [...start, "stays ", strong(own), ". The weights are ", strong("not unique"), "."];
  start.push("is ", strong(decimals(dot.probability)), " instead of ", strong(own), ". ");
  if (within) return [...start, `The same within \u00b1${epsilon}: the weights are `, strong("not unique"), "."];
  return [...start, `${decimals(Math.abs(difference))} apart, more than ${epsilon}: another prediction.`];
}

function numberTable({ fields, free, values, model, furthest, dot }) {
  const show = (value) => decimals(value, 4);
  const caption = `Probability of the model ${show(model.probability)}, of the furthest ${show(furthest.probability)}, at the dot ${show(dot.probability)}`;
  return table(caption, ["field", "h · x (logit)", "model’s weight", "furthest weight", "weight at the dot", "moves"], fields.map((field, i) => [field, show(values[i]), show(model.weights[i]), show(furthest.weights[i]),
    show(dot.weights[i]), free.includes(i) ? "free" : "frozen"]));
}

export default { render };
