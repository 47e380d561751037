"""TokenExplorer: which word looks at which, in every layer and head of a language model."""

from collections.abc import Sequence

import numpy as np
import traitlets

from ..shared.base import Explorer
from ..shared.checks import check_array, check_labels, check_share
from ..shared.claims import Claim
from ..shared.quantise import from_levels, squeeze, to_levels
from ..shared.traits import Index, Number
from ..shared.view import read_view

VIEWS = {"weight": "weight", "norm": "weight × value norm", "rollout": "rollout"}
LONGEST = 512
BYTES = 96 * 2**20  # of levels, room for 30 x 9 x 512: more is slow to open in a browser


class TokenExplorer(Explorer):
    """All heads of a language model as small pictures, one of them large, and the text with bars at words.

    Choose a token: bars above the tokens say where it looks, bars below who looks at it. A slider marks the
    smallest set of tokens that holds a share of what the chosen token looks at. A switch shows the weight,
    the weight times the value's norm (each row divided by its sum, so that it sums to 1), or the rollout.

    Every number travels as one byte, squeezed. A weight in the browser and in `state()` is .004 off at most,
    and below .16 about .01 * sqrt(weight) at most; a value norm, .004 of the largest norm at most.

    Args:
        weights: (layer, head, query, key), from 0 to 1, after softmax; arrays or tensors, at most 512 tokens.
        tokens: the tokens in their order, as texts; the same text may come again.
        rollout: (query, key), from 0 to 1, such as that of `attnviz.rollout`, or None.
        value_norms: (layer, head, key), at least 0, such as `Inside.value_norms`, or None.
        title: what the text is, in words.
        claim: what holds, in what share of the test cases, and how the start was chosen; or None.
        layer: index of the layer that is shown first.
        head: index of the head that is shown first.
        token: index of the token that is chosen first.
        view: what is shown first, "weight", "norm" or "rollout".
        mass: the share that the marked tokens hold at first, from .05 to 1.

    Attributes:
        layer: index of the layer, int.
        head: index of the head, int.
        token: index of the chosen token, int.
        view: "weight", "norm" or "rollout"; rollout has no layer and no head.
        mass: the share that the marked tokens hold, float.

    Raises:
        ValueError: a shape or a number does not fit, or there is too much for a page; the message says which.

    Example:
        >>> explorer = TokenExplorer([[[[0.9, 0.1], [0.36, 0.64]]]], ["warm", "scarf"], token=1)
        >>> explorer.state()["looks"]
        array([0.36, 0.64])

    Paper: Hoover et al. (2020), exBERT, for the slider. Taught in "Which word, in BERT?"
    """

    _esm = read_view("token_explorer", "js", "claims")
    _css = read_view("token_explorer", "css", "claims")

    _levels = traitlets.Bytes().tag(sync=True)
    layer = Index(of="layers").tag(sync=True)
    head = Index(of="heads").tag(sync=True)
    token = Index(of="tokens").tag(sync=True)
    view = traitlets.Enum(list(VIEWS), "weight").tag(sync=True)
    mass = Number(0.8, low=0.05, high=1, advice="Give a share.").tag(sync=True)

    def __init__(
        self,
        weights,
        tokens: Sequence[str],
        *,
        rollout=None,
        value_norms=None,
        title: str = "",
        claim: Claim | None = None,
        layer: int = 0,
        head: int = 0,
        token: int = 0,
        view: str = "weight",
        mass: float = 0.8,
    ):
        names = check_labels("tokens", tokens)
        arrays, scales = _checked(weights, len(names), rollout, value_norms)
        self._shown = {name: from_levels(part) for name, part in arrays.items() if name != "weights"}
        self._heads, self._largest = arrays["weights"], scales.get("norm", 1.0)
        meta = {
            "tokens": names,
            "title": str(title),
            "views": {view: label for view, label in VIEWS.items() if view in ("weight", *arrays)},
            "parts": {name: list(part.shape) for name, part in arrays.items()},
            "largest_norm": self._largest,
        }
        axes = {"layers": self._heads.shape[0], "heads": self._heads.shape[1]}
        traits = {"layer": layer, "head": head, "token": token, "view": view, "mass": mass}
        super().__init__({}, meta, claim=claim, axes=axes, _levels=squeeze(*arrays.values()), **traits)

    def state(self) -> dict:
        """What the browser shows for the current traits.

        Returns:
            `looks` (key,), where the chosen token looks; `looked_at_by` (query,), how much each token looks
            at it; `marked`, the indices of the smallest set of tokens that holds the share `mass` of
            `looks`, the largest first; `held`, the share that they hold; `looks_most_at`, the token with
            the largest weight.
        """
        matrix = self._matrix()  # (query, key)
        looks = matrix[self.token]
        marked, held = smallest_set(looks, self.mass)
        names = self._meta["tokens"]
        return {
            "looks": looks,
            "looked_at_by": matrix[:, self.token],
            "marked": marked,
            "held": held,
            "looks_most_at": names[looks.argmax()],
        }

    def _matrix(self) -> np.ndarray:
        if self.view == "rollout":
            return self._shown["rollout"]
        weights = from_levels(self._heads[self.layer, self.head]).T  # (query, key)
        if self.view == "weight":
            return weights
        arriving = weights * (self._shown["norm"][self.layer, self.head] * self._largest)
        total = arriving.sum(-1, keepdims=True)
        return np.divide(arriving, total, out=np.zeros_like(arriving), where=total > 0)

    @traitlets.validate("view")
    def _check_view(self, proposal) -> str:
        view, views = proposal["value"], list(self._meta["views"])
        if view not in views:
            raise traitlets.TraitError(
                f"view: expected one of {views}, got {view!r}. Give value_norms or rollout to have more."
            )
        return view


def smallest_set(looks: np.ndarray, mass: float) -> tuple[list[int], float]:
    """The fewest tokens that hold a share of what one looks at, the largest first, and the share they hold.

    Args:
        looks: (key,), at least 0.
        mass: the share, from 0 to 1. Of two equal weights the first token comes first.

    Returns:
        The tokens' indices and the share; none and 0 where the token looks at nothing.

    Example:
        >>> smallest_set(np.array([0.1, 0.5, 0.4]), 0.8)
        ([1, 2], 0.9)
    """
    order = np.argsort(-looks, kind="stable")
    total = looks.sum()
    if total <= 0:
        return [], 0.0
    held = np.cumsum(looks[order]) / total
    count = int(np.searchsorted(held, mass - 1e-9)) + 1
    return order[:count].tolist(), float(held[min(count, len(held)) - 1])


def _checked(weights, count: int, rollout, value_norms) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Levels of the weights (layer, head, key, query), norms and rollout, and what norms are divided by."""
    if count > LONGEST:
        raise ValueError(f"tokens: expected at most {LONGEST}, got {count}. Show a part of the text.")
    heads = check_array("weights", weights, {"layer": None, "head": None, "query": count, "key": count})
    if heads.size > BYTES:
        raise ValueError(f"weights: expected at most {BYTES} numbers, got {heads.size}. Leave layers out.")
    check_share("weights", heads)
    # Neighbours in a column of a head are more alike than those in a row: it squeezes better that way.
    arrays, scales = {"weights": np.ascontiguousarray(to_levels(heads).swapaxes(-1, -2))}, {}
    if value_norms is not None:
        axes = {"layer": heads.shape[0], "head": heads.shape[1], "key": count}
        norms = check_array("value_norms", value_norms, axes)
        if norms.min() < 0:
            raise ValueError(f"value_norms: expected lengths of at least 0, got {norms.min()}. Give norms.")
        scales["norm"] = float(norms.max()) or 1.0
        arrays["norm"] = to_levels(norms / scales["norm"])
    if rollout is not None:
        arrays["rollout"] = check_array("rollout", rollout, {"query": count, "key": count})
        check_share("rollout", arrays["rollout"])
        arrays["rollout"] = to_levels(arrays["rollout"])
    return arrays, scales
