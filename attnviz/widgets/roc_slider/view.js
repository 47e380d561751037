// RocSlider: a threshold in the histograms of both labels, and the same threshold on the ROC curve.

const LEVELS = 100;
const PER_BAR = 2; // levels that one bar of the histogram joins
const HISTOGRAM = { width: 360, height: 176, left: 12, right: 348, middle: 78, reach: 68 };
const CURVE = { width: 360, height: 216, left: 110, top: 8, side: 168 };

const share = (part, whole) => (whole ? part / whole : 0);

function compute(data, state) {
  const level = Math.round(LEVELS * state.threshold);
  const curves = data.meta.judges.map((name, judge) => {
    const [others, taken] = [0, 1].map((label) => data.arrays.named.at(judge, label));
    return {
      name, others, taken, auc: data.arrays.auc.at()[judge],
      points: others.map((count, i) => ({ threshold: i / LEVELS, fpr: share(count, others[0]), tpr: share(taken[i], taken[0]) })),
    };
  });
  const own = curves[state.judge];
  const [truePositives, falsePositives] = [own.taken[level], own.others[level]];
  const named = truePositives + falsePositives;
  return {
    threshold: level / LEVELS, judge: own.name, auc: own.auc,
    true_positives: truePositives, false_negatives: own.taken[0] - truePositives, false_positives: falsePositives, true_negatives: own.others[0] - falsePositives,
    tpr: own.points[level].tpr, fpr: own.points[level].fpr, precision: named ? truePositives / named : null,
    level, curves, own, place: state.judge,
  };
}

// --- the two histograms -------------------------------------------------------

// The share of a label's rows in each bar.
function barShares(counts) {
  const bars = LEVELS / PER_BAR;
  return Array.from({ length: bars }, (_, i) => {
    const end = i === bars - 1 ? 0 : counts[(i + 1) * PER_BAR]; // the last bar holds a probability of 1 too
    return share(counts[i * PER_BAR] - end, counts[0]);
  });
}

const words = (attributes, text) => drawn("text", attributes, text);

function histogram() {
  const { width, height, left, right, middle, reach } = HISTOGRAM;
  const bars = LEVELS / PER_BAR;
  const at = (value) => left + value * (right - left);
  const side = (name) => Array.from({ length: bars }, (_, i) => drawn("rect", {
    class: name, x: at(i / bars) + 0.5, width: (right - left) / bars - 1,
  }));
  const [taken, others] = [side("av-positive"), side("av-negative")];
  const line = drawn("line", { class: "av-threshold", y1: 4, y2: 152 });
  const ticks = [0, 0.5, 1].map((value) => words({ class: "av-tick-text", x: at(value), y: 170, "text-anchor": "middle" }, decimals(value, 1)));
  const node = drawn("svg", { class: "av-histogram", "aria-hidden": "true", viewBox: `0 0 ${width} ${height}` },
    ...taken, ...others, drawn("line", { class: "av-axis", x1: left, x2: right, y1: middle, y2: middle }), line, ...ticks,
    words({ class: "av-up", x: left, y: 16 }, "taken"), words({ class: "av-down", x: right, y: 150, "text-anchor": "end" }, "not taken"),
    words({ class: "av-tick-text", x: at(0.75), y: 170, "text-anchor": "middle" }, "probability"));
  return {
    node,
    set({ own, level }) {
      const shares = { taken: barShares(own.taken), others: barShares(own.others) };
      const highest = Math.max(...shares.taken, ...shares.others);
      const draw = (rects, values, upwards) => rects.forEach((rect, i) => {
        const long = (reach * values[i]) / highest;
        fill(rect, { y: upwards ? middle - long : middle, height: long, "fill-opacity": i * PER_BAR >= level ? 1 : 0.3 }, []);
      });
      draw(taken, shares.taken, true);
      draw(others, shares.others, false);
      fill(line, { x1: at(level / LEVELS), x2: at(level / LEVELS) }, []);
    },
  };
}

// --- the curve ------------------------------------------------------------------

function rocCurve(judges) {
  const { width, height, left, top, side } = CURVE;
  const place = ({ fpr, tpr }) => [left + side * fpr, top + side * (1 - tpr)];
  const area = drawn("polyline", { class: "av-area" });
  const lines = judges.map(() => drawn("polyline", { class: "av-curve" }));
  const dot = drawn("circle", { class: "av-dot", r: 7 });
  const ticks = [0, 0.5, 1].flatMap((value) => [
    words({ class: "av-tick-text", x: left + side * value, y: top + side + 18, "text-anchor": "middle" }, decimals(value, 1)),
    words({ class: "av-tick-text", x: left - 7, y: top + side * (1 - value) + 5, "text-anchor": "end" }, decimals(value, 1))]);
  const node = drawn("svg", { class: "av-roc", "aria-hidden": "true", viewBox: `0 0 ${width} ${height}` },
    drawn("rect", { class: "av-box", x: left, y: top, width: side, height: side }),
    drawn("line", { class: "av-chance", x1: left, y1: top + side, x2: left + side, y2: top, "stroke-dasharray": "4 4" }),
    area, ...lines, dot, ...ticks, words({ class: "av-tick-text", x: left + side / 2, y: height - 4, "text-anchor": "middle" }, "FPR"),
    words({ class: "av-tick-text", x: left - 62, y: top + side / 2 + 5, "text-anchor": "middle" }, "TPR"));
  return {
    node,
    set({ curves, own, level, place: judge }) {
      const through = (points) => [...points, { fpr: 0, tpr: 0 }].map((point) => place(point).map((value) => value.toFixed(2)).join(",")).join(" ");
      curves.forEach(({ points }, i) => {
        fill(lines[i], { points: through(points), class: i === judge ? "av-curve av-own" : "av-curve" }, []);
      });
      fill(area, { points: through([{ fpr: 1, tpr: 0 }, ...own.points]) }, []);
      const [x, y] = place(own.points[level]);
      fill(dot, { cx: x, cy: y }, []);
    },
  };
}

function countTable({ judge, threshold, true_positives, false_negatives, false_positives, true_negatives, tpr, fpr }) {
  const whole = (count) => count.toLocaleString("en-US");
  return table(`${judge}, from ${decimals(threshold)} on`, ["", "taken", "not taken"], [
    ["named", whole(true_positives), whole(false_positives)],
    ["not named", whole(false_negatives), whole(true_negatives)],
    ["share named", `${decimals(tpr)} TPR`, `${decimals(fpr)} FPR`]]);
}

const areaTable = ({ curves }) => table("Area under the curve (AUC)", ["", "AUC"],
  [...curves.map(({ name, auc }) => [name, decimals(auc, 3)]), ["chance, the dashed line", "0.500"]]);

// --- the explorer -----------------------------------------------------------------

function render({ model, el }) {
  const { meta, change, show } = connect({ model, el });
  const data = { meta, arrays: readArrays(model) };
  const { judges } = meta;

  const threshold = slider({
    label: "Threshold", min: 0, max: LEVELS, step: 1, ends: ["0: name everything", "1: name nothing"],
    oninput: (level) => change({ threshold: level / LEVELS }),
  });
  const which = choice({ label: "Probabilities of", options: judges, onchange: (judge) => change({ judge }) });
  const [bars, curve] = [histogram(), rocCurve(judges)];
  const verdict = html("p", { class: "av-verdict" });
  const counts = html("div", { class: "av-counts" });
  const aucs = html("div", { class: "av-counts av-areas" });
  const panel = (title, picture, numbers) => html("section", { class: "av-panel", "aria-label": title },
    html("div", {}, html("span", { class: "av-title" }, title), picture), numbers);
  const figure = html("div", { class: "av-figure" }, verdict, html("div", { class: "av-parts" },
    panel("What happened, by predicted probability", bars.node, counts), panel("ROC curve: all thresholds", curve.node, aucs)),
  foot(meta.claim, ["Named is what reaches the threshold, the full bars. Upper bars share out the taken rows, lower bars the others.",
    "TPR is the share of the taken rows that is named, FPR that of the others. The thick curve is the chosen one’s, and the shaded area below it its AUC."], "Starting threshold"));
  const saved = (state) => {
    const { curves, own, level, place, ...rest } = compute(data, state);
    return { ...rest, curves: curves.map(({ name, auc, points }) => ({ name, auc, points })) };
  };

  function draw(state) {
    const result = compute(data, state);
    threshold.set(result.level, decimals(result.threshold));
    which.set(result.place);
    bars.set(result);
    curve.set(result);
    counts.replaceChildren(countTable(result));
    aucs.replaceChildren(areaTable(result));
    verdict.replaceChildren(...sentence(result));
    return { said: `Threshold ${decimals(result.threshold)}. ${verdict.textContent}`, tables: () => [numberTable(result)] };
  }

  return show({
    kind: "av-claim av-roc-slider", controls: [threshold.node, which.node], figure, draw,
    fileName: (state) => `roc-slider-threshold-${Math.round(LEVELS * state.threshold)}`,
    saved,
  });
}

function sentence({ threshold, tpr, fpr, precision }) {
  const start = ["From ", strong(decimals(threshold)), " on, it names ", strong(wholePercent(tpr)), " of what was taken and ", strong(wholePercent(fpr)), " of what was not. "];
  if (precision === null) return [...start, "It names nothing."];
  return [...start, "Of all that it names, ", strong(wholePercent(precision)), " was taken."];
}

function numberTable({ curves }) {
  const levels = Array.from({ length: LEVELS / 5 + 1 }, (_, i) => 5 * i);
  const columns = ["threshold", ...curves.flatMap(({ name }) => [`TPR, ${name}`, `FPR, ${name}`])];
  return table("Every twentieth part of the slider", columns, levels.map((level) => [decimals(level / LEVELS),
    ...curves.flatMap(({ points }) => [decimals(points[level].tpr, 4), decimals(points[level].fpr, 4)])]));
}

export default { render };
