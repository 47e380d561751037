// AgreementExplorer (figure F4, "Which one learned?"): an untrained model may agree as well.

const [WIDTH, HEIGHT] = [240, 200]; // of a scatter
const EDGE = 8; // between the frame and the outermost point
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const SHAPES = [
  "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0Z", // circle
  "M-3.2 -3.2H3.2V3.2H-3.2Z", // square
  "M0 -4.4L4.2 3.2H-4.2Z", // triangle
  "M0 -4.8L4.2 0L0 4.8L-4.2 0Z", // diamond
  "M-1.3 -4.2H1.3V-1.3H4.2V1.3H1.3V4.2H-1.3V1.3H-4.2V-1.3H-1.3Z", // plus
  "M0 4.4L4.2 -3.2H-4.2Z", // triangle on its head
];

function compute(data, state) {
  const { panel_names: names, steps, num_cases: cases } = data.meta;
  const panels = state.panel_order.map((panel, place) => {
    const [tau, low, high] = data.arrays.taus.at(panel, state.step);
    return {
      panel, tau: finite(tau), low: finite(low), high: finite(high),
      name: state.names_hidden ? LETTERS[place] : names[panel],
      undefined: data.arrays.undefined.at(panel, state.step)[0],
      weights: data.arrays.weights.at(panel, state.step),
      sizes: data.arrays.attributions.at(panel, state.step).map(Math.abs),
    };
  });
  return { panels, step: steps[state.step], cases, hidden: state.names_hidden };
}

// JSON knows no NaN.
const finite = (value) => (Number.isFinite(value) ? value : null);

// The largest weight and attribution of each panel over all steps, so that axes stand still while it trains.
function reaches({ arrays, meta }) {
  const largest = (array, panel) => array.at(panel).reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  return meta.panel_names.map((_, panel) => ({ x: largest(arrays.weights, panel), y: largest(arrays.attributions, panel) }));
}

const widest = (all) => ({ x: Math.max(...all.map((one) => one.x)), y: Math.max(...all.map((one) => one.y)) });

// --- parts of the drawing -------------------------------------------------------

function scatter(count, shapeOf) {
  const points = Array.from({ length: count }, (_, i) => drawn("path", { class: "av-point", d: SHAPES[shapeOf[i] ?? 0], "fill-opacity": 0.45 }));
  const frame = drawn("rect", { class: "av-frame", width: WIDTH, height: HEIGHT });
  const node = drawn("svg", { class: "av-scatter", "aria-hidden": "true", viewBox: `0 0 ${WIDTH} ${HEIGHT}` }, frame, ...points);
  return {
    node,
    set({ weights, sizes }, reach) {
      points.forEach((point, i) => {
        const x = EDGE + ((WIDTH - 2 * EDGE) * weights[i]) / reach.x;
        const y = HEIGHT - EDGE - ((HEIGHT - 2 * EDGE) * sizes[i]) / reach.y;
        point.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
      });
    },
  };
}

// Tau on a line from -1 to 1, with its interval.
function tauLine() {
  const at = (tau) => percent(50 + 48 * tau);
  const span = drawn("line", { class: "av-interval", y1: 10, y2: 10 });
  const mean = drawn("line", { class: "av-mean", y1: 1, y2: 19 });
  const node = drawn("svg", { class: "av-bar av-tau", "aria-hidden": "true", overflow: "visible", height: 36 },
    drawn("line", { class: "av-axis", x1: at(-1), x2: at(1), y1: 10, y2: 10 }),
    ...[-1, 0, 1].flatMap((tau) => [
      drawn("line", { class: "av-zero", x1: at(tau), x2: at(tau), y1: tau ? 6 : 2, y2: tau ? 14 : 18 }),
      drawn("text", { class: "av-tick-text", x: at(tau), y: 33, "text-anchor": "middle" }, decimals(tau, 0))]), span, mean);
  return {
    node,
    set({ tau, low, high }) {
      for (const mark of [span, mean]) mark.setAttribute("visibility", tau === null ? "hidden" : "visible");
      if (tau === null) return;
      fill(mean, { x1: at(tau), x2: at(tau) }, []);
      fill(span, { x1: at(low), x2: at(high) }, []);
    },
  };
}

function panelColumn(count, shapeOf) {
  const [points, line] = [scatter(count, shapeOf), tauLine()];
  const [title, top, right] = ["av-title", "av-under", "av-under"].map((name) => html("span", { class: name }));
  const [tau, range, missing] = [html("span", { class: "av-number" }), html("span", { class: "av-under" }), html("span", { class: "av-under" })];
  const node = html("section", { class: "av-panel" }, title,
    html("div", { class: "av-plot" }, html("div", { class: "av-ends" }, html("span", {}, "|attribution|"), top),
      points.node, html("div", { class: "av-ends" }, html("span", {}, "0"), html("span", {}, "weight"), right)),
    html("div", { class: "av-agreement" }, html("span", { class: "av-reading" }, tau, html("span", {}, range, missing)), line.node));
  return {
    node,
    set(panel, reach, cases) {
      node.setAttribute("aria-label", panel.name);
      title.textContent = panel.name;
      top.textContent = reach.untold ? "" : `to ${decimals(reach.y)} logit`;
      right.textContent = reach.untold ? "" : decimals(reach.x);
      tau.textContent = panel.tau === null ? "tau undefined" : `tau ${decimals(panel.tau, 2, true)}`;
      range.textContent = panel.tau === null ? "" : interval(panel);
      missing.textContent = `undefined in ${panel.undefined} of ${cases} cases`;
      points.set(panel, reach);
      line.set(panel);
    },
  };
}

const interval = ({ low, high }) => `${decimals(low, 2, true)} to ${decimals(high, 2, true)}`;

function shapeLegend(fields) {
  const items = fields.map((field, i) => html("span", { class: "av-shape" },
    drawn("svg", { class: "av-icon", "aria-hidden": "true", viewBox: "-6 -6 12 12", width: 14, height: 14 }, drawn("path", { class: "av-point", d: SHAPES[i] })),
    html("span", {}, field)));
  return html("p", { class: "av-shapes" }, ...items);
}

// --- the explorer -----------------------------------------------------------------

function render({ model, el }) {
  const { meta, change, show } = connect({ model, el });
  const data = { meta, arrays: readArrays(model) };
  const { panel_names: names, steps, fields, field_of_point: shapeOf } = meta;
  const count = data.arrays.weights.shape[2];
  const own = reaches(data);

  // Shown again, the panels stay where they are: the class sees which one was A.
  const hide = (hidden) => change(hidden ? { names_hidden: true, panel_order: shuffled(names.length) } : { names_hidden: false });

  const step = slider({
    label: "Training step", min: 0, max: steps.length - 1, step: 1, ends: ["start", "end of training"],
    oninput: (i) => change({ step: i }),
  });
  const hidden = checkbox({ label: "Hide names and shuffle", onchange: hide });
  const same = checkbox({ label: "Same axes in all panels", onchange: (on) => change({ same_axes: on }) });
  const panels = names.map(() => panelColumn(count, shapeOf));
  const verdict = html("p", { class: "av-verdict" });
  const grid = html("div", { class: "av-panels" }, ...panels.map((panel) => panel.node));
  grid.style.setProperty("--av-count", names.length);
  const axes = note("");
  const figure = html("div", { class: "av-figure" }, verdict, grid, fields.length ? shapeLegend(fields) : null, axes,
    foot(meta.claim, "Tau compares two orders of the fields, within each test case; shown are the mean over the cases and its interval "
      + "(the thick bar). 1: the same order, 0: no agreement, \u22121: the opposite order.", "Points"));

  function draw(state) {
    const result = compute(data, state);
    step.set(state.step, String(result.step));
    hidden.set(state.names_hidden);
    same.set(state.same_axes);
    // The ends of its own axes would tell which panel is which.
    const reach = (panel) => (state.same_axes ? widest(own) : { ...own[panel], untold: state.names_hidden });
    result.panels.forEach((panel, place) => panels[place].set(panel, reach(panel.panel), result.cases));
    axes.textContent = state.same_axes ? "All panels have the same axes."
      : "Each panel has axes of its own: tau compares orders, not distances.";
    verdict.replaceChildren(...sentence(result));
    return { said: `Step ${result.step}. ${verdict.textContent}`, tables: () => [tauTable(data, state)] };
  }

  return show({
    kind: "av-claim av-agreement-explorer",
    controls: [step.node, html("div", { class: "av-control av-checks" }, hidden.node, same.node)],
    figure, draw,
    fileName: (state) => `agreement-explorer-step-${steps[state.step]}`,
    saved: (state) => ({ ...compute(data, state), fields, field_of_point: shapeOf }),
  });
}

function shuffled(count) {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i -= 1) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

function sentence({ panels, hidden }) {
  const show = ({ tau }) => (tau === null ? "undefined" : decimals(tau, 2, true));
  const listed = (some) => some.flatMap((panel, i) => [i ? ", " : "", `${panel.name} `, strong(show(panel))]);
  if (hidden) return [strong("Which one learned?"), " Tau of weight and attribution: ", ...listed(panels), "."];
  const learned = panels.find(({ panel }) => panel === 0);
  const others = panels.filter((one) => one !== learned);
  return ["Tau of weight and attribution: ", ...listed([learned, ...others]), ". ", compared(learned, others)];
}

function compared(learned, others) {
  const named = (some) => some.map(({ name }) => name).join(some.length > 2 ? ", " : " and ");
  const known = learned.tau === null ? [] : others.filter(({ tau }) => tau !== null);
  const above = known.filter(({ low }) => low > learned.high);
  const overlap = known.filter(({ low, high }) => low <= learned.high && high >= learned.low);
  if (above.length) return `More than ${learned.name}: ${named(above)}. Tau does not tell which one learned.`;
  if (overlap.length) return `The intervals of ${named([learned, ...overlap])} overlap: tau does not tell which one learned.`;
  return known.length ? `The interval of ${learned.name} lies above the other${known.length > 1 ? "s" : ""}.` : "";
}

function tauTable(data, state) {
  const show = (value) => (value === null ? "undefined" : decimals(value, 4));
  const all = data.meta.steps.map((_, step) => compute(data, { ...state, step }));
  const columns = ["step", ...all[0].panels.flatMap(({ name }) => [`${name}: tau`, "low", "high", "undefined cases"])];
  return table("Tau and its interval at each training step", columns, all.map(({ step, panels }) =>
    [String(step), ...panels.flatMap(({ tau, low, high, undefined: missing }) => [show(tau), show(low), show(high), String(missing)])]));
}

export default { render };
