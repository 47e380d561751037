"""What `capture` gives back: weights by the name of the module that attended, and what is missing."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .missing import BY_EXP, Suspect, reasons

_NONE = (
    "It has no attention, or one whose weights never exist for Python (a fused kernel of its own, compiled "
    f"code, linear attention), or makes them in a way that is not seen: {BY_EXP}"
)


def below(name: str, layer: str) -> bool:
    """Whether a module is `layer` or lies in it, by their dotted names.

    Example:
        >>> below("layer.1.attention", "layer.1"), below("layer.10", "layer.1")
        (True, False)
    """
    return name == layer or name.startswith(f"{layer}.")


class Weights(Mapping):
    """The weights of the modules that attended once: name -> (batch, head, query, key)."""

    def __init__(self, calls: dict[str, list[Tensor]]):
        self._calls = calls

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._calls:
            raise KeyError(f"no weights of {name!r} were recorded; there are {list(self._calls)}")
        calls = self._calls[name]
        if len(calls) > 1:
            raise KeyError(
                f"{name!r} attended {len(calls)} times inside with: take record.calls[{name!r}][0] and so "
                "on, one for each call"
            )
        return calls[0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._calls)

    def __len__(self) -> int:
        return len(self._calls)

    def __repr__(self) -> str:
        return repr({name: [tuple(call.shape) for call in calls] for name, calls in self._calls.items()})


@dataclass(frozen=True)
class Wanted:
    """What a record is to keep; see the arguments of `capture`."""

    layers: Sequence[str | int] | None = None
    heads: Sequence[int] | None = None
    softmax: Sequence[str] = ()
    dtype: torch.dtype | None = None
    gradients: bool = False


class Record:
    """The weights that `capture` takes: attributes `weights`, `calls` and `missing`; see there."""

    def __init__(self, wanted: Wanted):
        self.calls: dict[str, list[Tensor]] = {}
        self.weights = Weights(self.calls)
        self.missing: dict[str, str] = {}
        self._wanted = wanted
        self._attended: list[str] = []
        self._vouched: set[str] = set()

    def __repr__(self) -> str:
        lines = [f"{name!r}: {[tuple(call.shape) for call in calls]}" for name, calls in self.calls.items()]
        missing = [f"missing {name!r}: {reason}" for name, reason in self.missing.items()]
        return "\n".join(["Record of (batch, head, query, key)", *lines, *missing])

    def selected(self, name: str) -> bool:
        """Whether the weights of this module, which attends now, are to be kept."""
        if name not in self._attended:
            self._attended.append(name)
        return self._wanted.layers is None or any(self._is(name, layer) for layer in self._wanted.layers)

    def _is(self, name: str, layer: str | int) -> bool:
        if isinstance(layer, str):
            return below(name, layer)
        return layer < len(self._attended) and self._attended[layer] == name

    def file(self, name: str, weights: Tensor) -> None:
        """Keep weights (batch, head, query, key)."""
        self.calls.setdefault(name, []).append(weights)

    def vouch(self, name: str) -> None:
        """A softmax that the user vouches for was computed."""
        self._vouched.add(name)

    def close(self, suspects: dict[str, Suspect], *, strict: bool) -> None:
        """Say what is missing: raise if it was asked for, warn, or if `strict` raise, if it was not."""
        if not suspects:
            raise RuntimeError("module was not called inside with: call it there, in this thread")
        layers = self._wanted.layers
        self.missing = {
            name: reason
            for name, reason in reasons(suspects, self._attended).items()
            if layers is None or any(isinstance(layer, int) or below(name, layer) for layer in layers)
        }
        for name, suspect in suspects.items():
            if suspect.wrong is not None:
                self.calls.pop(name, None)
        listed, wrong = _listed(self.missing), self._wrong()
        if wrong is None and self.missing and strict:
            wrong = "the record is not whole"
        if wrong is not None:
            raise RuntimeError(f"{wrong}. {listed}" if listed else wrong)
        if self.missing:
            warnings.warn(f"the record is not whole, see record.missing. {listed}", stacklevel=4)

    def _wrong(self) -> str | None:
        """What was asked for and is not there."""
        empty = [name for name in self._wanted.softmax if name not in self._vouched]
        if empty:
            return f"softmax: {empty} called no softmax of their own: {BY_EXP}"
        if not self._attended:
            return (
                "nothing in module attended in a way that can be seen; a record takes only weights "
                "(batch, head, query, key)" + ("" if self.missing else f". {_NONE}")
            )
        layers = self._wanted.layers or ()
        unseen = [layer for layer in layers if not any(self._is(one, layer) for one in self._attended)]
        if unseen:
            seen = f"take some of these, counted from 0: {self._attended}"
            return f"layers {unseen} did not attend in a way that can be seen; {seen}"
        return None if self.calls else "nothing is in the record"


def _listed(missing: dict[str, str]) -> str:
    if not missing:
        return ""
    first = [f"{name!r}: {reason}" for name, reason in list(missing.items())[:3]]
    more = [f"and {len(missing) - 3} more"] if len(missing) > 3 else []
    return "These look as if they attend: " + "; ".join([*first, *more])
