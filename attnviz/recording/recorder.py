"""Takes the weights for a record: which module is running, whose weights they are, and how much to keep."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from .fast_path import may_take_fast_path, ours, own_output
from .flow import Found
from .layout import Layout, WrongAxes, find_layout
from .missing import Suspect, shape_of, tensors_in
from .record import Record, Wanted


@dataclass
class _Perhaps:
    """A softmax that is attention if its module returns it."""

    found: Found
    weights: Tensor | ValueError  # the error if there are fewer heads than were asked for


@dataclass
class _Running:
    """A module whose forward is running, and softmaxes in it that may be attention weights."""

    module: nn.Module
    name: str
    shape: tuple[int, ...]  # of the first tensor that it was called with
    suspect: Suspect
    perhaps: list[_Perhaps] = field(default_factory=list)

    @property
    def batch(self) -> int | None:
        return self.shape[0] if self.shape else None

    def mixes_channels(self, layout: Layout) -> bool:
        """Whether queries and keys are as many as a head has channels, and not as the tokens (XCiT)."""
        _, heads, queries, keys = layout.four
        tokens, channels = self.shape[1:] if len(self.shape) == 3 else (0, 0)
        return queries == keys != tokens and queries * heads == channels


class Recorder:
    """Files in a record what is wanted of it; a `Taker`."""

    def __init__(self, record: Record, wanted: Wanted):
        self.gradients = wanted.gradients
        self._record, self._wanted = record, wanted
        self._thread = threading.get_ident()
        self._running: list[_Running] = []
        self.suspects: dict[str, Suspect] = {}  # each module that was called

    @contextmanager
    def following(self, root: nn.Module) -> Iterator[None]:
        """Know at every moment which part of the module is running in this thread."""
        with ExitStack() as hooks:
            for name, part in root.named_modules():
                if part is root or not is_leaf(part):  # what a leaf computes is its parent's
                    enter = part.register_forward_pre_hook(self._entering(name), with_kwargs=True)
                    hooks.callback(enter.remove)
                    leave = part.register_forward_hook(
                        self._leaving(), with_kwargs=True, always_call=True, prepend=True
                    )
                    hooks.callback(leave.remove)
            yield

    def _entering(self, name: str):
        @ours
        def enter(module: nn.Module, args: tuple, kwargs: dict) -> None:
            if threading.get_ident() == self._thread:
                suspect = self.suspects.setdefault(name, Suspect(module))
                self._running.append(_Running(module, name, shape_of(args, kwargs), suspect))

        return enter

    def _leaving(self):
        @ours
        def leave(module: nn.Module, args: tuple, kwargs: dict, output):
            if threading.get_ident() != self._thread or not self._running:
                return None
            running = self._running.pop()
            self._decide(running, tensors_in(output))
            inside = any(may_take_fast_path(outer.module) for outer in self._running)
            if output is None or inside or self.gradients or not may_take_fast_path(module):
                return None
            return own_output(module, args, kwargs)

        return leave

    def _decide(self, running: _Running, returned: list[Tensor]) -> None:
        for one in running.perhaps:
            if one.found.changed or not (one.found.mixes and one.found.in_whole(returned)):
                running.suspect.add(one.found)
            elif self._record.selected(running.name):
                if isinstance(one.weights, ValueError):
                    raise one.weights
                self._record.file(running.name, one.weights)

    def wants(self) -> bool:
        """Whether attention weights that are computed now are to be kept."""
        return bool(self._running) and self._record.selected(self._running[-1].name)

    def take(self, weights: Tensor, *, pooled: bool = False) -> Tensor:
        """Keep attention weights of the running module; return those with which it must go on.

        Args:
            weights: (..., query, key), all heads.
            pooled: They are (batch, key).
        """
        running = self._running[-1]
        try:
            layout = find_layout(tuple(weights.shape), running.module, batch=running.batch, pooled=pooled)
        except WrongAxes as error:
            running.suspect.refused = str(error)
            return weights
        picked, weights = self._keep(weights, layout)
        self._record.file(running.name, picked)
        return weights

    def doubt(self, weights: Tensor, found: Found) -> Tensor:
        """Keep weights that may be attention if the running module returns them, or the user vouches."""
        if not self._running:
            return weights
        running = self._running[-1]
        vouched = found.kind == "softmax" and running.name in self._wanted.softmax
        shape, module, batch = found.shape, running.module, running.batch
        try:
            layout = find_layout(shape, module, axis=found.axis, batch=batch, pooled=True)
        except WrongAxes as error:
            if vouched:
                raise ValueError(f"softmax: {running.name!r} cannot be taken: {error}") from error
            found.wrong_axes = str(error)
        else:
            if vouched:
                found.vouched = True
                running.suspect.vouched.append(found)
                return self._vouched(weights, layout)
            sure = (
                found.kind == "softmax"
                and found.product
                and layout.has_heads
                and found.axis == weights.dim() - 1
            )
            if sure and not running.mixes_channels(layout):
                return self._perhaps(weights, layout, found)
        running.suspect.add(found)
        return weights

    def notice(self, *, fused: str | None = None) -> None:
        """The running module multiplied two tensors, or called a fused attention."""
        if self._running:
            self._running[-1].suspect.multiplies = True
            self._running[-1].suspect.fused = fused or self._running[-1].suspect.fused

    def _keep(self, weights: Tensor, layout: Layout, *, copied: bool = False) -> tuple[Tensor, Tensor]:
        """What to file, and the weights with which the model goes on."""
        if self.gradients:
            picked, shaped = self._picked_in_graph(layout.there(weights))
            return picked, layout.back(shaped)
        picked = self._picked(layout.there(weights.detach()))
        return picked.to(self._wanted.dtype or picked.dtype, copy=copied), weights

    def _vouched(self, weights: Tensor, layout: Layout) -> Tensor:
        name = self._running[-1].name
        self._record.vouch(name)
        if not self._record.selected(name):
            return weights
        picked, weights = self._keep(weights, layout, copied=True)
        self._record.file(name, picked)
        return weights

    def _perhaps(self, weights: Tensor, layout: Layout, found: Found) -> Tensor:
        kept: Tensor | ValueError
        try:
            kept, weights = self._keep(weights, layout, copied=True)
        except ValueError as error:
            kept = error
        self._running[-1].perhaps.append(_Perhaps(found, kept))
        return weights

    def _picked(self, weights: Tensor) -> Tensor:
        if self._wanted.heads is None:
            return weights
        if max(self._wanted.heads) >= weights.shape[1]:
            raise ValueError(
                f"heads must be below {weights.shape[1]}, the number of heads of "
                f"{self._running[-1].name!r}, got {list(self._wanted.heads)}"
            )
        return weights[:, list(self._wanted.heads)]

    def _picked_in_graph(self, weights: Tensor) -> tuple[Tensor, Tensor]:
        if not torch.is_grad_enabled():
            raise RuntimeError("gradients=True needs gradients: run the model without torch.no_grad()")
        if not weights.requires_grad:
            weights = weights.detach().requires_grad_()
        picked = self._picked(weights)
        if self._wanted.heads is None:
            return picked, weights
        return picked, weights.index_copy(1, torch.tensor(self._wanted.heads, device=weights.device), picked)


def is_leaf(module: nn.Module) -> bool:
    """Whether it is a plain layer of PyTorch, without parts: what it computes belongs to who calls it.

    Example:
        >>> is_leaf(nn.Softmax(-1)), is_leaf(nn.MultiheadAttention(8, 2))
        (True, False)
    """
    return type(module).__module__.startswith("torch.nn.modules.") and not any(
        True for _ in module.children()
    )
