// HumanOverlay: the words that people marked in a review, under the words that a method scores highest.

const HEIGHT = 30; // of a word's drawing, in pixels
const STRONGEST = 0.5; // opacity of the highest score's shade, so that the word on it can be read

// The mean of part / whole over those that have a whole; null for none.
function meanShare(pairs) {
  const defined = pairs.filter(([, whole]) => whole > 0);
  return defined.length ? defined.reduce((sum, [part, whole]) => sum + part / whole, 0) / defined.length : null;
}

function compute(data, state) {
  const words = data.meta.words[state.case];
  const people = Array.from({ length: data.arrays.marks.shape[1] }, (_, person) =>
    data.arrays.marks.at(state.case, person).slice(0, words.length).map((mark) => mark > 0));
  const scores = data.arrays.scores.at(state.case, state.method).slice(0, words.length);
  const count = Math.min(state.count, words.length);
  const order = words.map((_, i) => i).sort((a, b) => scores[b] - scores[a] || a - b);
  const place = words.map(() => 0);
  order.forEach((word, rank) => { place[word] = rank; });
  const chosen = place.map((rank) => rank < count);
  const highest = Math.max(...scores, 0);
  const size = (row) => row.filter(Boolean).length;
  const shared = (one, other) => one.filter((mark, i) => mark && other[i]).length;
  const pairs = people.flatMap((one, b) => people.slice(0, b).map((other) => [one, other]));
  return {
    count, people: people.length, place,
    words: words.map((word, i) => ({
      word, score: scores[i], chosen: chosen[i], votes: people.filter((marks) => marks[i]).length,
      shade: highest > 0 ? clamp(scores[i] / highest, 0, 1) : 0,
    })),
    hits: people.reduce((sum, marks) => sum + shared(marks, chosen), 0) / people.length,
    precision: meanShare(people.map((marks) => [shared(marks, chosen), count])),
    recall: meanShare(people.map((marks) => [shared(marks, chosen), size(marks)])),
    f1: meanShare(people.map((marks) => [2 * shared(marks, chosen), size(marks) + count])),
    people_f1: meanShare(pairs.map(([one, other]) => [2 * shared(one, other), size(one) + size(other)])),
  };
}

const shown = (value, digits = 2) => (value === null ? "none" : decimals(value, digits));

// --- parts of the drawing ---------------------------------------------------

// A word with its shade, its frame and its underline, which is the thicker the more people marked it.
function wordMark({ word, shade, chosen, votes }, people) {
  const line = (5 * votes) / people;
  const drawing = drawn("svg", { class: "av-behind", "aria-hidden": "true", height: HEIGHT },
    drawn("rect", { class: "av-shade", width: "100%", height: HEIGHT - 7, rx: 3, "fill-opacity": STRONGEST * shade }),
    chosen && drawn("rect", { class: "av-frame", x: 0, y: 0.75, width: "100%", height: HEIGHT - 8.5, rx: 3 }),
    votes > 0 && drawn("rect", { class: "av-votes", y: HEIGHT - 5.5, width: "100%", height: line, "data-votes": votes }));
  return html("span", { class: "av-word" }, drawing, html("span", {}, word));
}

function measureRow(label) {
  const strip = weightBar();
  const measure = cell("measure", label, strip.node);
  return {
    node: html("li", { class: "av-row" }, html("div", { class: "av-name" }, label), measure.node),
    set(value, marked) {
      strip.set(value ?? 0, { marked });
      measure.number.textContent = shown(value);
    },
  };
}

// --- the explorer -------------------------------------------------------------

function render({ model, el }) {
  const { meta, change, show } = connect({ model, el });
  const data = { meta, arrays: readArrays(model) };
  const { words, methods, cases } = meta;

  const which = choice({ label: "Review", options: cases, onchange: (i) => change({ case: i }, true) });
  const method = choice({ label: "Method", options: methods, onchange: (i) => change({ method: i }, true) });
  const count = slider({
    label: "Words taken, highest first", min: 1, max: data.meta.longest, step: 1,
    oninput: (value) => change({ count: value }),
  });
  const rows = { precision: measureRow("precision"), recall: measureRow("recall"), f1: measureRow("F1") };
  const verdict = html("p", { class: "av-verdict" });
  const text = html("p", { class: "av-review" });
  const measures = html("ul", { class: "av-rows" }, ...Object.values(rows).map((row) => row.node));
  const people = data.arrays.marks.shape[1];
  const key = [`Underline: marked by people, the thicker the more of the ${people}. Shade: the method’s score, as a share of its highest here. Frame: one of the words taken.`,
    "Bars go from 0 to 1: the mean over the people. The thin line is the F1 of two people of this review."];
  const figure = html("div", { class: "av-figure" }, verdict, text, measures, foot(meta.claim, key));

  function draw(state) {
    const result = compute(data, state);
    count.input.max = words[state.case].length;
    count.set(result.count, `${result.count} of ${words[state.case].length}`);
    method.set(state.method);
    which.set(state.case);
    text.replaceChildren(...result.words.flatMap((word) => [wordMark(word, result.people), " "]));
    for (const [name, row] of Object.entries(rows)) row.set(result[name], result.people_f1);
    verdict.replaceChildren(...sentence(result, methods[state.method]));
    return { said: verdict.textContent, tables: () => [numberTable(result)] };
  }

  return show({
    kind: "av-claim av-human-overlay", controls: [count.node, method.node, which.node], figure, draw,
    fileName: (state) => `human-overlay-${state.case + 1}-${state.method + 1}-${state.count}`,
    saved: (state) => ({
      ...state, case_name: cases[state.case], method_name: methods[state.method], ...compute(data, state),
    }),
  });
}

function sentence({ count, hits, f1, people_f1: among }, method) {
  const taken = count === 1 ? "the word" : `the ${count} words`;
  const compare = among === null ? "." : ["; two people of this review reach ", strong(shown(among)), "."];
  return [`Of ${taken} that `, strong(method), " scores highest, a person marked ", strong(decimals(hits, 1)),
    " on average. F1 is ", strong(shown(f1)), ...compare];
}

function numberTable({ words, people, place }) {
  return table("Every word of this review", ["word", `marked by, of ${people}`, "score", "place", "taken"],
    words.map(({ word, votes, score, chosen }, i) => [word, String(votes), decimals(score, 4), String(place[i] + 1), chosen ? "yes" : "no"]));
}

export default { render };
