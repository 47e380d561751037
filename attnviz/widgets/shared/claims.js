// Shared by the figures that make a claim about many test cases. Python puts this file after common.js.

const sigmoid = (logit) => 1 / (1 + Math.exp(-logit));

// Rounding must not turn a rule with exceptions into one without.
function wholePercent(share) {
  if (share < 1 && share > 0.99) return "over 99%";
  if (share > 0 && share < 0.01) return "under 1%";
  return `${Math.round(100 * share)}%`;
}

const note = (text) => html("p", { class: "av-note" }, text);

// Beneath a figure: how to read it, and its claim, if it makes one: in how many cases its statement holds, and how
// the first state was chosen.
function claimFoot(claim, key, start = "Starting case") {
  const notes = [key].flat().map(note);
  if (!claim) return html("div", { class: "av-foot" }, ...notes);
  const { holds, statement, rule } = claim;
  const share = holds !== null && html("strong", {}, `Holds in ${wholePercent(holds)} of the test cases${statement ? ":" : "."}`);
  return html("div", { class: "av-foot" }, ...notes,
    (share || statement) && html("p", { class: "av-holds" }, share, share && statement && " ", statement),
    rule && note(`${start}: ${rule}`));
}
