// Shared by the figures that make a claim about many test cases. Python puts this file after common.js.

const sigmoid = (logit) => 1 / (1 + Math.exp(-logit));

// Rounding must not turn a rule with exceptions into one without.
function wholePercent(share) {
  if (share < 1 && share > 0.99) return "over 99%";
  if (share > 0 && share < 0.01) return "under 1%";
  return `${Math.round(100 * share)}%`;
}

// A number from 0 to count - 1 that is not the present one, if there is another.
const anotherOf = (count, present) =>
  (count < 2 ? present : (present + 1 + Math.floor(Math.random() * (count - 1))) % count);

const note = (text) => html("p", { class: "av-note" }, text);

// Beneath a figure: how to read it, in how many cases its statement holds, how the first state was chosen.
function claimFoot({ holds, statement, rule }, key, start = "Starting case") {
  const share = holds === null ? statement && html("p", { class: "av-holds" }, statement)
    : html("p", { class: "av-holds" }, html("strong", {}, `Holds in ${wholePercent(holds)} of the test cases${statement ? ":" : "."}`),
      statement && ` ${statement}`);
  return html("div", { class: "av-foot" }, ...[key].flat().map(note), share || null, note(`${start}: ${rule}`));
}
