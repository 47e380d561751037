"""What `capture` keeps: which module is running, whose weights they are, and how much of them to keep."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn


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
                f"{name!r} attended {len(calls)} times inside with: take record.calls[{name!r}][i], "
                "or run one forward pass a with"
            )
        return calls[0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._calls)

    def __len__(self) -> int:
        return len(self._calls)

    def __repr__(self) -> str:
        return repr({name: [tuple(call.shape) for call in calls] for name, calls in self._calls.items()})


@dataclass
class _Running:
    """A module whose forward is running, and softmaxes in it that may be attention weights."""

    module: nn.Module
    name: str
    perhaps: list[tuple[torch.Size, Tensor]] = field(default_factory=list)


class Record:
    """The weights that `capture` takes, as attributes `weights` and `calls`; see there."""

    def __init__(
        self,
        layers: Sequence[str | int] | None,
        heads: Sequence[int] | None,
        dtype: torch.dtype | None,
        gradients: bool,
    ):
        self.calls: dict[str, list[Tensor]] = {}
        self.weights = Weights(self.calls)
        self.gradients = gradients
        self._layers, self._heads, self._dtype = layers, heads, dtype
        self._thread = threading.get_ident()
        self._running: list[_Running] = []
        self._attended: list[str] = []
        self._doubtful: dict[str, torch.Size] = {}
        self._called = False

    def __repr__(self) -> str:
        lines = [f"{name!r}: {[tuple(call.shape) for call in calls]}" for name, calls in self.calls.items()]
        doubts = [f"{name!r}: a softmax it does not return, not kept" for name in self._doubtful]
        return "\n".join(["Record of (batch, head, query, key)", *lines, *doubts])

    @contextmanager
    def following(self, module: nn.Module) -> Iterator[None]:
        """Know at every moment which part of `module` is running in this thread."""
        with ExitStack() as hooks:
            for name, part in module.named_modules():
                if not isinstance(part, nn.Softmax):  # its weights belong to the module that calls it
                    enter = part.register_forward_pre_hook(self._entering(name))
                    hooks.callback(enter.remove)
                    hooks.callback(part.register_forward_hook(self._leave, always_call=True).remove)
            yield

    def _entering(self, name: str):
        def enter(module: nn.Module, args: tuple) -> None:
            if threading.get_ident() == self._thread:
                self._called = True
                self._running.append(_Running(module, name))

        return enter

    def _leave(self, module: nn.Module, args: tuple, output) -> None:
        if threading.get_ident() != self._thread or not self._running:
            return
        running = self._running.pop()
        parts = output.values() if isinstance(output, dict) else output
        parts = parts if isinstance(parts, (tuple, list)) or isinstance(output, dict) else ()
        returned = {part.shape for part in parts if isinstance(part, Tensor)}
        for shape, weights in running.perhaps:
            if shape not in returned:
                self._doubtful[running.name] = shape
            elif self._selected(running.name):
                self._file(running.name, weights)

    def wants(self, *, sure: bool) -> bool:
        """Whether weights that are computed now are to be kept, or (not sure) may have to be."""
        return bool(self._running) and (not sure or self._selected(self._running[-1].name))

    def take(self, weights: Tensor, *, sure: bool) -> Tensor:
        """Keep weights (..., query, key) of the running module; return those with which it must go on.

        Args:
            weights: The whole weights, all heads.
            sure: These are attention weights. Otherwise they are if the running module returns them, too.
        """
        running = self._running[-1]
        shaped = four_axes(weights, running.module)
        if self.gradients:
            picked, shaped = self._picked_in_graph(shaped)
        else:
            picked = self._picked(shaped.detach())
            picked = picked.to(self._dtype or picked.dtype, copy=not sure)
        if sure:
            self._file(running.name, picked)
        else:
            running.perhaps.append((shaped.shape, picked))
        return shaped.reshape(weights.shape) if self.gradients else weights

    def _picked(self, weights: Tensor) -> Tensor:
        if self._heads is None:
            return weights
        if max(self._heads) >= weights.shape[1]:
            raise ValueError(
                f"heads must be below {weights.shape[1]}, the number of heads of "
                f"{self._running[-1].name!r}, got {list(self._heads)}"
            )
        return weights[:, list(self._heads)]

    def _picked_in_graph(self, weights: Tensor) -> tuple[Tensor, Tensor]:
        if not torch.is_grad_enabled():
            raise RuntimeError("gradients=True needs gradients: run the model without torch.no_grad()")
        if not weights.requires_grad:
            weights = weights.detach().requires_grad_()
        picked = self._picked(weights)
        if self._heads is None:
            return picked, weights
        return picked, weights.index_copy(1, torch.tensor(self._heads, device=weights.device), picked)

    def _selected(self, name: str) -> bool:
        if name not in self._attended:
            self._attended.append(name)
        return self._layers is None or any(self._is(name, layer) for layer in self._layers)

    def _is(self, name: str, layer: str | int) -> bool:
        if isinstance(layer, str):
            return below(name, layer)
        return layer < len(self._attended) and self._attended[layer] == name

    def _file(self, name: str, weights: Tensor) -> None:
        self.calls.setdefault(name, []).append(weights)

    def check(self) -> None:
        """Raise if not everything that was asked for is there."""
        if not self._called:
            raise RuntimeError("module was not called inside with: call it there, in this thread")
        if not self._attended:
            raise RuntimeError(f"nothing in module attended in a way that can be seen. {self._why()}")
        missing = [
            layer for layer in self._layers or () if not any(self._is(name, layer) for name in self._attended)
        ]
        if missing:
            raise RuntimeError(
                f"layers {missing} did not attend in a way that can be seen; these did, counted from 0: "
                f"{self._attended}. {self._why()}"
            )

    def _why(self) -> str:
        if self._doubtful:
            return (
                f"There is a softmax over four axes in {self._doubtful}, but the module does not return it, "
                "so that it is not sure to be attention: try output_attentions=True if the model has that"
            )
        return (
            "It has no attention, or one whose weights never exist for Python: a fused kernel of its own, "
            "compiled code, or linear attention"
        )


def four_axes(weights: Tensor, module: nn.Module) -> Tensor:
    """Weights as (batch, head, query, key).

    Args:
        weights: (..., query, key). Two or three axes: one head; more than four: the first are the batch.
        module: Its `config` tells the heads, where Hugging Face packed them into the place of the one query.

    Example:
        >>> four_axes(torch.ones(5, 2, 3), nn.Identity()).shape
        torch.Size([5, 1, 2, 3])
    """
    queries, keys = weights.shape[-2:]
    if weights.dim() < 4:
        return weights.reshape(-1, 1, queries, keys)
    shaped = weights.reshape(-1, *weights.shape[-3:])
    shared = getattr(module, "num_key_value_groups", 1)
    heads = getattr(getattr(module, "config", None), "num_attention_heads", None)
    packed = shared > 1 and queries == shared and shaped.shape[1] * shared == heads
    return shaped.reshape(len(shaped), -1, 1, keys) if packed else shaped
