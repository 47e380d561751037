"""PromptParts: where a language model looks in its prompt, and which part of the prompt moved its answer."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from ..shared.base import CaseExplorer
from ..shared.checks import check_array, check_axes, check_labels, check_names, check_share
from ..shared.claims import Claim
from ..shared.traits import Count, Index
from ..shared.view import read_view


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
        texts: the text of each part, (case, part); "" for a part that a prompt does not have.
        parts: the parts' names, each once; None counts.
        cases: a label for each case, such as a shopper and a product; None counts.
        fixed: the names of the parts that are the same in every prompt.
        claim: what holds, in what share of the test cases, and how the starting case was chosen; or None.
        case: index of the case that is shown first.
        way: index of the way that is shown first.
        layer: 0 for the mean of all layers, or the number of a layer, from 1.
        part: index of the part that is highlighted first; None is the first that is not fixed.

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
        ...     texts=[["", "Soft.", "Buy?"]], parts=["template", "reviews", "question"],
        ...     fixed=["template"], layer=1)
        >>> explorer.state()["named_by_attention"], explorer.state()["named_by_push"]
        ('reviews', 'question')

    Taught in "Would an LLM recommend it?"
    """

    _esm = read_view("prompt_parts", "js", "claims")
    _css = read_view("prompt_parts", "css", "claims")

    way = Index(of="ways").tag(sync=True)
    layer = Count(of="layers").tag(sync=True)
    part = Index(of="parts").tag(sync=True)

    def __init__(
        self,
        attention,
        pushes: Mapping[str, Sequence],
        scores,
        texts: Sequence[Sequence[str]],
        *,
        parts: Sequence[str] | None = None,
        cases: Sequence[str] | None = None,
        fixed: Sequence[str] = (),
        claim: Claim | None = None,
        case: int = 0,
        way: int = 0,
        layer: int = 0,
        part: int | None = None,
    ):
        looks, lengths = check_axes("attention", attention, {"case": cases, "layer": None, "part": parts})
        check_share("attention", looks)
        ways, cells = check_names("pushes", list(pushes)), {"case": lengths["case"], "part": lengths["part"]}
        found = {name: np.asarray(pushes[name], dtype=np.float32) for name in ways}
        known = [check_array(f"pushes[{name!r}]", np.nan_to_num(p), cells) for name, p in found.items()]
        numbers = {
            "attention": looks,
            "scores": check_array("scores", scores, {"case": lengths["case"]}),
            "pushes": np.stack(known, axis=1),
            "defined": ~np.isnan(np.stack(list(found.values()), axis=1)),  # (case, way, part)
        }
        names = check_names("parts", parts, lengths["part"])
        named = _named(names, fixed)
        check_labels("texts", texts, lengths["case"])
        meta = {
            "parts": names,
            "ways": ways,
            "texts": [check_labels(f"texts[{i}]", text, len(names)) for i, text in enumerate(texts)],
            "named": named,
            "cases": check_labels("cases", cases, lengths["case"]),
        }
        traits = {"case": case, "way": way, "layer": layer, "part": named[0] if part is None else part}
        super().__init__(numbers, meta, claim=claim, axes={"layers": lengths["layer"]}, **traits)

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
            "probability": torch.sigmoid(torch.tensor(score, dtype=torch.float64)).item(),
            "named_by_attention": parts[attention[named].argmax()],
            "named_by_push": parts[np.nan_to_num(np.abs(pushes[named])).argmax()],
        }


def _named(parts: list[str], fixed: Sequence[str]) -> list[int]:
    """The places of the parts that are not fixed, or an error that says which name is wrong."""
    unknown = sorted(set(fixed) - set(parts))
    named = [i for i, part in enumerate(parts) if part not in fixed]
    if unknown or not named:
        raise ValueError(
            f"fixed: expected some of {parts}, but not all, got {list(fixed)}. Change the names."
        )
    return named
