"""PromptParts: where a language model looks in its prompt, and which part of the prompt moved its answer."""

from collections.abc import Mapping, Sequence

import numpy as np
import traitlets

from ..shared.base import check_array, check_labels, read_view
from ..shared.claims import CaseExplorer, check_claim, check_names, check_share, sigmoid


class PromptParts(CaseExplorer):
    """A row is a part of the prompt, with a bar for its share of the attention and one for its push.

    Parts that are the same in every prompt, such as the chat template and the question, are shown, but they
    are never named as the part that is looked at most or pushes most: they say nothing of this product.
    The slider goes through the layers; at its left end stands the mean of them all.
    The prompt's text stands below, with one part highlighted.

    Args:
        attention: share of the attention of the answer's place, mean of the heads, (case, layer, part), which
            sums to 1 over the parts.
        pushes: way to find a push -> (case, part), signed, in the score's unit; NaN where there is none, such
            as the removal of the template.
        scores: log p("Yes") − log p("No") of each case, (case,).
        parts: the parts' names, each once.
        texts: the text of each part, (case, part); "" for a part that a prompt does not have.
        cases: a label for each case, such as a shopper and a product.
        fixed: the names of the parts that are the same in every prompt.
        start_case: index of the case that is shown first.
        start_way: index of the way that is shown first.
        start_layer: 0 for the mean of all layers, or the number of a layer, from 1.
        start_part: index of the part that is highlighted first.
        holds: share of the test cases in which the figure's statement holds, from 0 to 1.
        rule: the rule by which the starting case was chosen, in words.
        statement: what holds, in words that continue "Holds in 93% of the test cases: ".

    Attributes:
        case: index of the case, int.
        way: index of the way, int.
        layer: 0 for the mean, or the number of a layer, int.
        part: index of the highlighted part, int.

    Raises:
        ValueError: a shape, a name or a share does not fit; the message names the argument.

    Example:
        >>> explorer = PromptParts(
        ...     attention=[[[0.6, 0.3, 0.1], [0.6, 0.1, 0.3]]],
        ...     pushes={"removal": [[float("nan"), 0.1, 1.2]]}, scores=[0.5],
        ...     parts=["template", "reviews", "question"], texts=[["", "Soft.", "Buy?"]],
        ...     cases=["Ann"], start_case=0, holds=0.1, rule="the first test case")
        >>> explorer.layer = 1
        >>> explorer.state()["named_by_attention"], explorer.state()["named_by_push"]
        ('reviews', 'question')

    Taught in chapter 19.
    """

    _esm = read_view("prompt_parts", "js", "claims")
    _css = read_view("prompt_parts", "css", "claims")

    way = traitlets.Int(0).tag(sync=True)
    layer = traitlets.Int(0).tag(sync=True)
    part = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        *,
        attention,
        pushes: Mapping[str, Sequence],
        scores,
        parts: Sequence[str],
        texts: Sequence[Sequence[str]],
        cases: Sequence[str],
        fixed: Sequence[str] = ("template",),
        start_case: int,
        start_way: int = 0,
        start_layer: int = 0,
        start_part: int = 1,
        holds: float | None,
        rule: str,
        statement: str = "",
    ):
        names, ways = check_names("parts", parts), check_names("pushes", list(pushes))
        axes = {"case": len(cases), "part": len(names)}
        found = [np.asarray(pushes[way], dtype=np.float32) for way in ways]
        numbers = {
            "attention": check_array(
                "attention", attention, {"case": len(cases), "layer": None, "part": len(names)}
            ),
            "scores": check_array("scores", scores, {"case": len(cases)}),
            "pushes": np.stack(
                [
                    check_array(f"pushes[{w!r}]", np.nan_to_num(p), axes)
                    for w, p in zip(ways, found, strict=True)
                ],
                axis=1,
            ),
        }
        check_share("attention", numbers["attention"])
        defined = ~np.isnan(np.stack(found, axis=1))  # (case, way, part)
        check_labels("texts", texts, len(cases))
        lines = [check_labels(f"texts[{i}]", text, len(names)) for i, text in enumerate(texts)]
        meta = {"parts": names, "ways": ways, "texts": lines, "named": _named(names, fixed)} | check_claim(
            holds, rule, statement
        )
        start = {"case": start_case, "way": start_way, "layer": start_layer, "part": start_part}
        start = {name: int(value) for name, value in start.items()}
        super().__init__(numbers | {"defined": defined}, meta, cases=cases, start=start)

    def state(self) -> dict:
        """What the browser shows for the current traits.

        Returns:
            `attention` (part,), of the layer or the mean of all; `pushes` (part,), NaN where there is none;
            `score` and `probability`, of Yes among Yes and No; and the names of the parts, the fixed ones
            left out, with the largest attention and the largest push, up or down: `named_by_attention`,
            `named_by_push`.
        """
        layers = self._arrays["attention"][self.case].astype(np.float64)
        attention = layers.mean(0) if self.layer == 0 else layers[self.layer - 1]
        there = self._arrays["defined"][self.case, self.way]
        pushes = np.where(there, self._arrays["pushes"][self.case, self.way].astype(np.float64), np.nan)
        score, named = float(self._arrays["scores"][self.case]), self._meta["named"]
        parts = [self._meta["parts"][i] for i in named]
        return {
            "attention": attention,
            "pushes": pushes,
            "score": score,
            "probability": float(sigmoid(score)),
            "named_by_attention": parts[attention[named].argmax()],
            "named_by_push": parts[np.nan_to_num(np.abs(pushes[named])).argmax()],
        }

    @traitlets.validate("way")
    def _check_way(self, proposal) -> int:
        return self._check_index("way", proposal["value"], len(self._meta["ways"]))

    @traitlets.validate("layer")
    def _check_layer(self, proposal) -> int:
        return self._check_index("layer", proposal["value"], self._arrays["attention"].shape[1] + 1)

    @traitlets.validate("part")
    def _check_part(self, proposal) -> int:
        return self._check_index("part", proposal["value"], len(self._meta["parts"]))


def _named(parts: list[str], fixed: Sequence[str]) -> list[int]:
    """The places of the parts that are not fixed, or an error that says which name is wrong."""
    unknown = sorted(set(fixed) - set(parts))
    named = [i for i, part in enumerate(parts) if part not in fixed]
    if unknown or not named:
        raise ValueError(
            f"fixed: expected some of {parts}, but not all, got {list(fixed)}. Change the names."
        )
    return named
