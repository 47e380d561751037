"""A model of some kind with random parameters, what to call it with, and what it tells of its own weights."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import nn

TEXT = torch.tensor([[5, 9, 2, 7, 11, 3], [8, 4, 6, 1, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]])


def draw(*shape: int) -> torch.Tensor:
    """Random numbers, the same at each call."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


@dataclass(frozen=True)
class Architecture:
    """A model of one kind.

    Attributes:
        name: As the table has it.
        make: Makes the model; for Hugging Face models with the attention that is asked for, None its default.
        inputs: What to call it with.
        told: The model's own weights, from the eager twin and these inputs; None: it cannot tell.
        run: How it is called.
        options: Of `capture`.
        dtype: Of the parameters and inputs.
        train: In training mode.
    """

    name: str
    make: Callable[[str | None], nn.Module]
    inputs: dict
    told: Callable | None = None
    run: Callable = lambda model, inputs: model(**inputs)
    options: dict = field(default_factory=dict)
    dtype: torch.dtype = torch.float32
    train: bool = False

    def model(self, kind: str | None = None) -> nn.Module:
        """The model, the same at each call."""
        torch.manual_seed(0)
        return self.make(kind).to(self.dtype).train(self.train)

    def call(self, model: nn.Module):
        """What the model answers, the same at each call."""
        torch.manual_seed(1)
        return self.run(model, self.inputs)

    def own_weights(self) -> list[torch.Tensor]:
        """What the eager model tells of its own weights."""
        model = self.model("eager")
        torch.manual_seed(1)
        return self.told(model, self.inputs)


def flat(values) -> list[torch.Tensor]:
    """The tensors in nested tuples and mappings."""
    if isinstance(values, torch.Tensor):
        return [values]
    values = values.values() if isinstance(values, dict) else values
    inside = values if isinstance(values, (tuple, list, type({}.values()))) else ()
    return [one for value in inside for one in flat(value)]
