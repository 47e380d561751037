"""Do the weights count? Permuted and uniform weights, and models that forgot what they learned."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..attention.checks import check_count, check_finite, check_seed, check_tensors
from ..attention.masks import checked_mask
from .forward import check_logits

ForwardWithWeights = Callable[[Tensor], Tensor]


@torch.no_grad()
def permuted_weights(
    forward_with_weights: ForwardWithWeights,
    weights: Tensor,
    *,
    num_permutations: int = 100,
    seed: int = 0,
    mask: Tensor | None = None,
) -> Tensor:
    """What the logit does when a row's weights are dealt out to its fields at random.

    Args:
        forward_with_weights: `forward_with_weights(weights (batch, field)) -> logits (batch,)`, the model
            with these weights in place of its own.
        weights: (batch, field), the model's.
        num_permutations: How often.
        seed: The same seed gives the same permutations.
        mask: (batch, field), bool, False for padding, whose weights stay where they are. None: all move.

    Returns:
        Logit with permuted weights − logit with the model's, (batch, permutation).
        `.abs().median(1).values` is one number a row: near 0 means that it hardly counts which field gets
        which weight, so that the weights explain little there.

    Raises:
        ValueError: If shapes do not fit or num_permutations is below 1.

    Example:
        >>> values = torch.tensor([[1.0, 1.0], [0.0, 4.0]])
        >>> weights = torch.tensor([[0.2, 0.8], [0.2, 0.8]])
        >>> change = permuted_weights(lambda w: (w * values).sum(1), weights)
        >>> change.min(1).values
        tensor([ 0.0000, -2.4000])

    Paper: Jain and Wallace (2019). Taught in "Could other weights do?"
    """
    mask = checked_weights(weights, mask)
    check_count("num_permutations", num_permutations)
    check_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    own = logits_with(forward_with_weights, weights)
    changes = [
        logits_with(forward_with_weights, _permuted(weights, mask, generator)) - own
        for _ in range(num_permutations)
    ]
    return torch.stack(changes, dim=1)


@torch.no_grad()
def uniform_weights(
    forward_with_weights: ForwardWithWeights, weights: Tensor, *, mask: Tensor | None = None
) -> Tensor:
    """What the logit does when all fields get the same weight.

    It asks the trained model. Whether uniform weights would do after training with them is another question:
    train one whose weights are frozen.

    Args:
        forward_with_weights: As for `permuted_weights`.
        weights: (batch, field), the model's.
        mask: (batch, field), bool, False for padding, which gets 0. None: all are fields.

    Returns:
        Logit with uniform weights − logit with the model's, (batch,). Near 0: the weights hardly count.

    Raises:
        ValueError: If shapes do not fit.

    Example:
        >>> values = torch.tensor([[1.0, 1.0], [0.0, 4.0]])
        >>> weights = torch.tensor([[0.2, 0.8], [0.2, 0.8]])
        >>> uniform_weights(lambda w: (w * values).sum(1), weights)
        tensor([ 0.0000, -1.2000])

    Paper: Wiegreffe and Pinter (2019). Taught in "Could other weights do?"
    """
    mask = checked_weights(weights, mask)
    even = mask / mask.sum(1, keepdim=True).clamp(min=1)
    own = logits_with(forward_with_weights, weights)
    return logits_with(forward_with_weights, even.to(weights)) - own


def randomised(model: nn.Module, *, seed: int = 0, modules: tuple[str, ...] | None = None) -> nn.Module:
    """A copy of a model with its parameters drawn again: it keeps the shape and forgets what was learned.

    Args:
        model: Left as it is.
        seed: Of the new parameters.
        modules: Names of the modules to draw again, as in `model.named_modules()`, with all that lies in
            them. One more from the output on at each step is the cascade of Adebayo et al. None: all.

    Returns:
        The copy, in evaluation mode. Explanations that stay as they were do not depend on what was learned.

    Raises:
        ValueError: If a name is unknown, or a chosen module has parameters but no `reset_parameters`.

    Example:
        >>> model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
        >>> other = randomised(model, modules=("1",))
        >>> torch.equal(other[0].weight, model[0].weight), torch.equal(other[1].weight, model[1].weight)
        (True, False)

    Paper: Adebayo et al. (2018). Taught in "Does agreement prove anything?" and "Could other weights do?"
    """
    check_seed(seed)
    if not isinstance(model, nn.Module) or not isinstance(modules, tuple | list | None):
        kinds = f"{type(model).__name__} and {type(modules).__name__}"
        raise ValueError(f"model must be an nn.Module and modules a tuple of names, got {kinds}")
    other = copy.deepcopy(model).eval()
    known = dict(other.named_modules())
    unknown = [name for name in modules or () if name not in known]
    if unknown:
        raise ValueError(f"modules must be among {sorted(known)}, got {unknown}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for name in modules if modules is not None else ("",):
            for part_name, part in known[name].named_modules(prefix=name):
                _reset(part_name, part)
    return other


def _permuted(weights: Tensor, mask: Tensor, generator: torch.Generator) -> Tensor:
    """Each row's weights dealt out at random among the fields that are not padding."""
    draws = torch.rand(weights.shape, generator=generator, dtype=torch.float64).to(weights.device)
    random_order = draws.masked_fill(~mask, 2.0).argsort(1)  # padding last, in its own order
    places = torch.arange(weights.shape[1], device=weights.device).expand_as(weights)
    own_order = places.double().masked_fill(~mask, torch.inf).argsort(dim=1, stable=True)
    return (
        torch.zeros_like(weights).scatter(1, own_order, weights.gather(1, random_order)).where(mask, weights)
    )


def _reset(name: str, module: nn.Module) -> None:
    if not list(module.parameters(recurse=False)):
        return
    reset = getattr(module, "reset_parameters", None)
    if not callable(reset):
        raise ValueError(
            f"modules: {name or 'the model'!r} ({type(module).__name__}) has parameters of its own but no "
            "reset_parameters() to draw them again: give the names of others"
        )
    reset()


def logits_with(forward_with_weights: ForwardWithWeights, weights: Tensor) -> Tensor:
    """The logits (batch,) with these weights, their shape checked."""
    if not callable(forward_with_weights):
        kind = type(forward_with_weights).__name__
        raise ValueError(f"forward_with_weights must be a function of weights (batch, field), got {kind}")
    logits = forward_with_weights(weights)
    check_logits("forward_with_weights", logits, len(weights))
    check_finite(**{"logits of forward_with_weights": logits})
    return logits


def checked_weights(weights: Tensor, mask: Tensor | None) -> Tensor:
    """The mask (batch, field) of weights that are float, finite, at least 0, and 0 in padding."""
    check_tensors(weights=weights)
    if weights.dim() != 2 or not weights.is_floating_point() or not weights.shape[1]:
        raise ValueError(f"weights must be float (batch, field), got {weights.dtype} {tuple(weights.shape)}")
    mask = checked_mask(weights, mask, axes=("batch", "field"))
    check_finite(weights=weights)
    if (weights < 0).any() or (weights[~mask] != 0).any():
        low, most = weights.min(), weights.masked_fill(mask, 0.0).max()
        raise ValueError(
            f"weights must be at least 0, and 0 where mask is False, got {low:.4g} and up to {most:.4g} there"
        )
    return mask
