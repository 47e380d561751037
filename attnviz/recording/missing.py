"""Who looks as if it attends and is not in the record, and why."""

import re
from dataclasses import dataclass, field

from torch import Tensor, nn

from .flow import Found

_NAME = re.compile(r"attn|attention|attend")
BY_EXP = (
    "weights made by exp and a division are not seen as a softmax: write "
    "torch.softmax(scores.masked_fill(~mask, -torch.inf), -1)"
)
_CHANGED = "its softmax is changed before it weights the sum"
_MADE = {  # in the order in which they are told
    "softmax": "",
    "exp": f"by exp: {BY_EXP}",
    "sigmoid": "by a sigmoid, which is no softmax: such weights need not sum to 1",
    "linear": "by a linear layer's scores as they are, which is no softmax: such weights need not sum to 1",
}
_WAITING = 16  # softmaxes of one module that may still come to weight a sum


@dataclass
class Suspect:
    """What was seen of a module while its own forward ran.

    Attributes:
        module: It.
        found: What may be weights, and is not in the record.
        vouched: What the user vouched for.
        refused: Why weights that are for certain some are not in the record.
        fused: An attention that it called which never has the weights.
        multiplies: It multiplied two tensors of the run, as queries and keys are.
    """

    module: nn.Module
    found: list[Found] = field(default_factory=list)
    vouched: list[Found] = field(default_factory=list)
    refused: str | None = None
    fused: str | None = None
    multiplies: bool = False

    def add(self, found: Found) -> None:
        """Keep what may be weights; of many calls those that mix, one of a kind, and the last ones."""
        mixing = {(one.kind, len(one.shape), one.axis): one for one in self.found if one.mixes}
        waiting = [one for one in self.found if not one.mixes]
        self.found = [*mixing.values(), *waiting[-_WAITING:], found]

    @property
    def wrong(self) -> str | None:
        """Why its softmaxes cannot be taken, whoever vouches; what was recorded of it is a part at best."""
        found = [one for one in self.found if one.kind == "softmax" and one.product] + self.vouched
        axes = [one.wrong_axes for one in found if one.wrong_axes]
        if self.refused or axes:
            return self.refused or axes[0]
        return _CHANGED if any(one.changed for one in found) else None

    def reason(self, name: str) -> str | None:
        """Why this module's attention is not, or not wholly, in the record; None if it has none."""
        if self.fused is not None:
            return f"it calls {self.fused}, a fused kernel that never has the weights"
        if self.wrong is not None:
            return self.wrong
        mixing = [one for one in self.found if one.mixes]
        if not mixing:
            return None
        one = min(mixing, key=lambda found: (list(_MADE).index(found.kind), not found.refused))
        if one.kind != "softmax":
            return f"it weights a sum {_MADE[one.kind]}"
        if one.refused:
            return one.wrong_axes or _CHANGED
        what = f"it weights a sum with a softmax of {one.shape} over axis {one.axis}"
        if not one.product:
            what += ", not made of a product of queries and keys"
        return f"{what}: if it is attention, take it with capture(model, softmax=[{name!r}])"


def reasons(suspects: dict[str, Suspect], attended: list[str]) -> dict[str, str]:
    """Of the modules that were called those that attend in a way that is not in the record, and why."""
    found = {name: suspect.reason(name) for name, suspect in suspects.items()}
    seen = [*attended, *(name for name, reason in found.items() if reason)]
    for name in reversed(suspects):  # parts before the whole
        parent, within = name.rpartition(".")[0], f"{name}." if name else ""
        scores = parent in seen and not suspects[name].multiplies  # for the attention of its parent
        if not scores and not any(one == name or one.startswith(within) for one in seen):
            found[name] = looks_by_name(name, suspects[name])
            seen += [name] if found[name] else []
    return {name: reason for name, reason in found.items() if reason is not None}


def looks_by_name(name: str, suspect: Suspect) -> str | None:
    """Why a module without visible weights attends all the same, by its name, or its parts.

    Example:
        >>> looks_by_name("layer.attn", Suspect(nn.Linear(2, 2), multiplies=True))
        'its name says attention and it multiplies queries and keys, but no softmax of its own ...'
        >>> looks_by_name("layer.mlp", Suspect(nn.Linear(2, 2), multiplies=True)) is None
        True
    """
    module = suspect.module
    called = f"{name.rpartition('.')[2]} {type(module).__name__}".lower()
    if not _NAME.search(called):
        return None
    if suspect.multiplies:
        return (
            "its name says attention and it multiplies queries and keys, but no softmax of its own weights a "
            "sum: linear attention has no weights, and others normalise in a way that cannot be seen"
        )
    if type(module) is not nn.Sequential and any(True for _ in module.children()):
        return "its name says attention, but nothing that it computes could be seen to weight a sum"
    return None


def shape_of(args: tuple, kwargs: dict) -> tuple[int, ...]:
    """The shape of the first tensor with a batch that a module is called with; empty if there is none."""
    given = (one for one in (*args, *kwargs.values()) if isinstance(one, Tensor) and one.dim() > 1)
    return next((tuple(one.shape) for one in given), ())


def tensors_in(output) -> list[Tensor]:
    """All tensors in what a module returns: in tuples, lists, mappings and objects with fields.

    Example:
        >>> len(tensors_in((nn.Parameter(), {"weights": [nn.Parameter()]}, None)))
        2
    """
    if isinstance(output, Tensor):
        return [output]
    if isinstance(output, dict):
        inside = list(output.values())
    elif isinstance(output, (list, tuple)):
        inside = list(output)
    else:
        inside = list(vars(output).values()) if hasattr(output, "__dataclass_fields__") else []
    return [tensor for one in inside for tensor in tensors_in(one)]
