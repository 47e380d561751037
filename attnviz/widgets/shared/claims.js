// Shared by the figures that make a claim about many test cases. Python puts this file after common.js.

const sigmoid = (logit) => 1 / (1 + Math.exp(-logit));

// Rounding must not turn a rule with exceptions into one without.
function wholePercent(share) {
  if (share < 1 && share > 0.99) return "over 99%";
  if (share > 0 && share < 0.01) return "under 1%";
  return `${Math.round(100 * share)}%`;
}

const note = (text) => html("p", { class: "av-note" }, text);

// Beneath a figure: with a claim, in how many cases it holds; folded, how to read it and how the first state was chosen.
const foot = (claim, key, start) => html("div", { class: "av-foot" }, claim && claimed(claim),
  fold("How to read it", ...readings(key, claim?.rule, start)));

const readings = (key, rule, start = "Starting case") => [...[key].flat().map(note), rule && note(`${start}: ${rule}`)];

function claimed({ holds, statement }) {
  const share = holds === null ? [statement]
    : [strong(`Holds in ${wholePercent(holds)} of the test cases${statement ? ":" : "."}`), statement && ` ${statement}`];
  return share[0] && html("p", { class: "av-holds" }, ...share);
}
