"""Captum's methods behind one signature: (scores, vectors, baselines, args, draws) -> (batch, field)."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from .forward import Draws, Scores


def ablation(scores: Scores, vectors: Tensor, baselines: Tensor, args: tuple, draws: Draws) -> Tensor:
    """What the score loses when one field gets its baseline."""
    from captum.attr import FeatureAblation

    attributions = FeatureAblation(scores).attribute(
        vectors,
        baselines=baselines,
        additional_forward_args=args or None,
        feature_mask=_fields(vectors),
        perturbations_per_eval=vectors.shape[1],
    )
    return attributions[:, :, 0]


def gradient_x_input(scores: Scores, vectors: Tensor, baselines: Tensor, args: tuple, draws: Draws) -> Tensor:
    """Gradient times vector, summed over dim; the baselines play no part."""
    from captum.attr import InputXGradient

    explainer = InputXGradient(scores)
    attributions = explainer.attribute(vectors.clone().requires_grad_(), additional_forward_args=args or None)
    return attributions.detach().sum(-1)


def integrated_gradients(
    scores: Scores, vectors: Tensor, baselines: Tensor, args: tuple, draws: Draws
) -> Tensor:
    """The mean gradient on the line from baseline to vector, times their difference, summed over dim."""
    from captum.attr import IntegratedGradients

    attributions = IntegratedGradients(scores).attribute(
        vectors.clone().requires_grad_(),
        baselines=baselines,
        additional_forward_args=args or None,
        n_steps=draws.num_steps,
    )
    return attributions.detach().sum(-1)


def deeplift(scores: Scores, vectors: Tensor, baselines: Tensor, args: tuple, draws: Draws) -> Tensor:
    """Differences handed back through the activation modules, plain gradients through all else."""
    module = _module_of(scores)
    mixes_rows = any(isinstance(part, nn.Softmax) for part in module.modules())
    size = 1 if mixes_rows else len(vectors)  # Captum's rule for a softmax module averages over the batch
    rows = zip(vectors.split(size), baselines.split(size), *[a.split(size) for a in args], strict=True)
    return torch.cat([_deeplift(_Wrapper(module, scores), *row) for row in rows])


def _deeplift(wrapper: nn.Module, vectors: Tensor, baselines: Tensor, *args: Tensor) -> Tensor:
    from captum.attr import DeepLift

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Setting forward, backward hooks")
        attributions = DeepLift(wrapper).attribute(
            vectors.clone().requires_grad_(),
            baselines=baselines.contiguous(),
            additional_forward_args=args or None,
        )
    return attributions.detach().sum(-1)


def gradient_shap(scores: Scores, vectors: Tensor, baselines: Tensor, args: tuple, draws: Draws) -> Tensor:
    """As integrated gradients, at random places of the line, the same ones for all rows."""
    from captum.attr import GradientShap

    def total(batches: Tensor) -> Tensor:  # (sample, batch, field, dim) -> (sample,): one example is a batch
        return scores.of_repeats(batches, *args).sum(1)

    with _seeded(draws.seed):
        attributions = GradientShap(total).attribute(
            vectors[None].clone().requires_grad_(), baselines=baselines[None], n_samples=draws.num_samples
        )
    return attributions[0].detach().sum(-1)


def shapley_sampling(scores: Scores, vectors: Tensor, baselines: Tensor, args: tuple, draws: Draws) -> Tensor:
    """The mean over random orders, the same ones for all rows, of what each field adds when it comes in."""
    from captum.attr import ShapleyValueSampling

    with _seeded(draws.seed):
        attributions = ShapleyValueSampling(scores).attribute(
            vectors,
            baselines=baselines,
            additional_forward_args=args or None,
            feature_mask=_fields(vectors),
            n_samples=draws.num_samples,
            perturbations_per_eval=vectors.shape[1],
        )
    return attributions[:, :, 0].to(vectors)


class _Wrapper(nn.Module):
    """The scores as a module, so that DeepLift finds the activations in it."""

    def __init__(self, module: nn.Module, scores: Scores):
        super().__init__()
        self.module, self.scores = module, scores

    def forward(self, vectors: Tensor, *args: Tensor) -> Tensor:
        return self.scores(vectors, *args)


def _module_of(scores: Scores) -> nn.Module:
    module = scores.module()
    if module is None:
        raise ValueError(
            "forward_func must be an nn.Module or a method of one for method='deeplift', which changes how "
            "gradients pass through its activation modules: got a plain function"
        )
    return module


def _fields(vectors: Tensor) -> Tensor:
    """The field that each entry belongs to (1, field, dim); Captum needs it contiguous."""
    places = torch.arange(vectors.shape[1], device=vectors.device)
    return places[None, :, None].expand(1, *vectors.shape[1:]).contiguous()


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed what Captum draws from, torch's and NumPy's global generators, and put them back after."""
    state = np.random.get_state()  # noqa: NPY002
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        try:
            yield
        finally:
            np.random.set_state(state)  # noqa: NPY002
