"""Shapley values by a regression of the score on coalitions of fields: KernelSHAP."""

import math

import torch
from torch import Tensor

from .forward import Draws, Scores, at_once
from .shapley import coalitions


@torch.no_grad()
def kernel_shap(
    scores: Scores, vectors: Tensor, baselines: Tensor, args: tuple[Tensor, ...], draws: Draws
) -> Tensor:
    """Attributions (batch, field): the sum over fields that fits the scores of the coalitions best.

    The fit goes through the score of the baseline and that of the product. Even shares of their difference
    are taken off first, and each row of inputs has a mean of 0: then the least squares of smallest norm sum
    to 0 over the fields, and the attributions to the whole difference.
    All rows share the coalitions, so that a batch and a loop over its rows agree.
    """
    batch, field, dim = vectors.shape
    present, weights = _drawn(field, draws, vectors.device)  # (coalition, field), (coalition, 1)
    ends = torch.tensor([[False], [True]], device=vectors.device).expand(2, field)
    reached = torch.cat([
        scores.of_repeats(torch.where(part[:, None, :, None], vectors, baselines), *args)
        for part in torch.cat([ends, present]).split(at_once(batch * field * dim))
    ]).double()  # (2 + coalition, batch)  # fmt: skip
    whole = reached[1] - reached[0]
    inside = present.double()
    share = inside.mean(1, keepdim=True)
    inputs = weights.sqrt() * (inside - share)
    targets = weights.sqrt() * (reached[2:] - reached[0] - share * whole)
    return (whole / field + torch.linalg.pinv(inputs, rtol=1e-9) @ targets).T.to(vectors)


def _drawn(field: int, draws: Draws, device: torch.device) -> tuple[Tensor, Tensor]:
    """Coalitions (coalition, field), neither empty nor full, and what each counts (coalition, 1).

    All of them, where no more than the samples; else random ones, drawn as often as each would count.
    """
    sizes = torch.arange(1, field, dtype=torch.float64)
    if 2**field - 2 <= draws.num_samples:
        present = next(coalitions(field, 2**field, device=device))[1:-1]
        count = torch.tensor([math.comb(field, size) for size in range(1, field)], dtype=torch.float64)
        weights = 1 / (sizes * (field - sizes) * count)
        return present, weights.to(device)[present.sum(1, keepdim=True) - 1]
    generator = torch.Generator().manual_seed(draws.seed)
    size = 1 + torch.multinomial(
        1 / (sizes * (field - sizes)), draws.num_samples, replacement=True, generator=generator
    )
    order = torch.rand(draws.num_samples, field, generator=generator).argsort(1)
    present = (order < size[:, None]).to(device)
    return present, torch.ones(len(present), 1, dtype=torch.float64, device=device)
