"""The best order of removal of many elements, searched for: sets that removal made lowest are followed."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from .removal import Removal


class _Beam(NamedTuple):
    """The sets that are followed; the first one is where removing greedily leads.

    Attributes:
        removed: (row, beam, element), bool.
        ranking_scores: (row, beam, element), those of an order that leads there.
        area: (row, beam), the sum of the logits on the way; infinite where there is no set.
    """

    removed: Tensor
    ranking_scores: Tensor
    area: Tensor

    def take(self, beam: Tensor, removed: Tensor, area: Tensor, score: Tensor) -> "_Beam":
        """The sets (row, new) made of these, each of the one at place beam; who is new has this score."""
        places = beam.unsqueeze(-1).expand(-1, -1, removed.shape[2])
        new = removed & ~self.removed.gather(1, places)
        ranking_scores = self.ranking_scores.gather(1, places)
        return _Beam(removed, torch.where(new, score, ranking_scores), area)


@torch.no_grad()
def beam_search(removal: Removal, width: int) -> tuple[Tensor, Tensor]:
    """The order with the smallest area that was found, and the lowest logit that was met at each size.

    Args:
        removal: What is scored.
        width: How many sets a row follows, beside the greedy one.

    Returns:
        Ranking scores (batch, element), as of `best_order`, and logits (batch, element + 1), as of
        `best_curve`; NaN for a row whose logits are not finite, but for the one of all removed.
    """
    element = removal.vectors.shape[1]
    parts = [_search(removal, part, width) for part in removal.parts((1 + width) * element)]
    if not parts:
        empty = removal.vectors[:, :, 0]
        return torch.zeros_like(empty), F.pad(empty, (0, 1))
    scores, curves = zip(*parts, strict=True)
    return torch.cat(scores), torch.cat(curves)


def _search(removal: Removal, part: slice, width: int) -> tuple[Tensor, Tensor]:
    valid = removal.valid[part]  # (row, element)
    count = valid.sum(1)
    start = removal.logits(valid.new_ones(1, *valid.shape), part).T  # (row, 1)
    zeros = torch.zeros(valid.shape, device=valid.device)
    beam = _Beam(torch.zeros_like(valid)[:, None], zeros[:, None], torch.zeros_like(start))
    curve, found = [start], zeros
    undefined = ~start.isfinite().all(1) & (count > 0)
    for step in range(1, valid.shape[1] + 1):
        removed, area, logits = _grown(removal, part, beam)  # (row, beam, choice, ...)
        reached = logits.where(logits.isfinite(), torch.inf)
        curve.append(reached.flatten(1).amin(1, keepdim=True))
        last = (count == step)[:, None, None]  # all removed: the same for every order
        undefined |= (~logits.isfinite() & area.isfinite() & ~last).flatten(1).any(1)
        score = (count - step + 1)[:, None, None].to(zeros)
        beam = _kept(beam, removed, torch.where(last, area, area + reached), width, score)
        best = beam.ranking_scores[torch.arange(len(count)), beam.area.argmin(1)]
        found = torch.where(last[:, 0], best, found)
    beyond = torch.arange(valid.shape[1] + 1, device=count.device) > count[:, None]
    curve_of_all = torch.cat(curve, 1).masked_fill(beyond | undefined[:, None], torch.nan)
    curve_of_all = curve_of_all.masked_fill(curve_of_all.isinf(), torch.nan)
    return found.masked_fill(undefined[:, None], torch.nan), curve_of_all


def _grown(removal: Removal, part: slice, beam: _Beam) -> tuple[Tensor, Tensor, Tensor]:
    """Each set with one element more: sets (row, beam, choice, element), the area on the way, the logits.

    Area is infinite, and the logit NaN, where the element is padding or the set is none.
    """
    taken = beam.removed | ~removal.valid[part][:, None]
    choices = int((~beam.removed).sum(2).max())
    open_places = taken.long().argsort(dim=2, stable=True)[..., :choices]  # (row, beam, choice)
    removed = beam.removed.unsqueeze(2) | F.one_hot(open_places, taken.shape[2]).bool()
    impossible = taken.gather(2, open_places) | beam.area.isinf().unsqueeze(2)
    states = removed.flatten(1, 2).transpose(0, 1)  # (state, row, element)
    logits = removal.logits(~states, part).T.view(impossible.shape)
    area = beam.area.unsqueeze(2).expand_as(logits)
    return removed, area.masked_fill(impossible, torch.inf), logits.masked_fill(impossible, torch.nan)


def _kept(beam: _Beam, removed: Tensor, area: Tensor, width: int, score: Tensor) -> _Beam:
    """What is followed: the greedy child of the greedy set, and the best sets of all, each once."""
    row, _, choices = area.shape
    greedy = area[:, 0].argmin(1, keepdim=True)  # (row, 1), a place among all children
    children, sums = removed.flatten(1, 2), area.flatten(1)  # (row, child, element), (row, child)
    by_area = sums.argsort(dim=1, stable=True)
    names = _names(children).gather(1, by_area)
    order = names.argsort(dim=1, stable=True)  # the same sets side by side, the best way to each first
    again = F.pad(names.gather(1, order).diff(dim=1) == 0, (1, 0))
    again = torch.zeros_like(again).scatter(1, order, again)
    first = again.long().argsort(dim=1, stable=True)[:, :width]
    chosen = torch.cat([greedy, by_area.gather(1, first)], 1)  # (row, 1 + width)
    kept_area = torch.cat([torch.zeros_like(greedy, dtype=torch.bool), again.gather(1, first)], 1)
    areas = sums.gather(1, chosen).masked_fill(kept_area, torch.inf)
    sets = children.gather(1, chosen.unsqueeze(-1).expand(-1, -1, children.shape[2]))
    return beam.take(chosen // choices, sets, areas, score)


def _names(sets: Tensor) -> Tensor:
    """A number for each set (..., element), the same for the same sets; others have another but by chance."""
    generator = torch.Generator().manual_seed(0)
    high = 2**62
    codes = torch.randint(-high, high, (sets.shape[-1],), generator=generator, device="cpu").to(sets.device)
    return (sets * codes).sum(-1)
