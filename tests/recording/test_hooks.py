"""What hooks borrow from PyTorch, and the weights that a fused kernel keeps to itself."""

import hashlib
import inspect

import pytest
import torch
from torch.nn import functional as F

from attnviz.recording.hooks import sdpa_weights

# hooks.py rebuilds `F.multi_head_attention_forward` from its code. By release: the function that was read and
# tested with it, as `fingerprint` has it.
CHECKED = {"2.13": "2f3e15bb935d7c76"}
WHAT_TO_DO = (
    "torch {release} has a multi_head_attention_forward that hooks.py was not checked with. Read it: does it "
    "ask has_torch_function once, at its beginning, and make its weights with softmax? Run tests/recording, "
    'and add "{release}": "{found}" to CHECKED.'
)


def fingerprint() -> str:
    """Of the signature and the source of the function that is rebuilt."""
    borrowed = F.multi_head_attention_forward
    text = f"{inspect.signature(borrowed)}\n{inspect.getsource(borrowed)}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def test_the_borrowed_function_is_one_that_was_checked():
    """Signature and source are those of a release that somebody has read; else this says what to do."""
    release = ".".join(torch.__version__.split(".")[:2])
    found = fingerprint()
    assert CHECKED.get(release) == found, WHAT_TO_DO.format(release=release, found=found)


def test_what_the_rebuilding_relies_on():
    """The question whether somebody listens is a global name, and there are no keyword defaults to lose."""
    borrowed = F.multi_head_attention_forward
    assert "has_torch_function" in borrowed.__code__.co_names
    assert "softmax" in borrowed.__code__.co_names
    assert borrowed.__kwdefaults__ is None
    assert borrowed.__closure__ is None


@pytest.mark.parametrize(
    "options",
    [
        dict(),
        dict(is_causal=True),
        dict(scale=0.3),
        dict(attn_mask=torch.tensor([[True, False, True], [True, True, False]])),
        dict(attn_mask=torch.tensor([[0.0, -1.0, 0.5], [0.2, 0.0, -torch.inf]])),
        dict(enable_gqa=True),
    ],
    ids=["plain", "causal", "scale", "bool", "added", "shared keys"],
)
def test_the_weights_make_the_kernels_output(options):
    """Weights times values is what `scaled_dot_product_attention` returns, whatever its options."""
    heads = 2 if options.get("enable_gqa") else 4
    draw = torch.Generator().manual_seed(0)
    query = torch.randn(3, 4, 2, 8, generator=draw, dtype=torch.float64)
    key, value = (torch.randn(3, heads, 3, 8, generator=draw, dtype=torch.float64) for _ in range(2))
    if isinstance(mask := options.get("attn_mask"), torch.Tensor) and mask.is_floating_point():
        options = options | dict(attn_mask=mask.double())
    weights = sdpa_weights(query, key, **options)
    assert weights.shape == (3, 4, 2, 3)
    torch.testing.assert_close(weights.sum(-1), torch.ones(3, 4, 2, dtype=torch.float64))
    output = weights @ value.repeat_interleave(4 // heads, dim=1)
    torch.testing.assert_close(output, F.scaled_dot_product_attention(query, key, value, **options))


def test_a_query_that_may_see_nothing_has_no_weights():
    """Its row is 0, as the kernel's output for it is."""
    mask = torch.tensor([[True, True], [False, False]])
    query, key = torch.randn(2, 4), torch.randn(2, 4)
    assert sdpa_weights(query, key, mask)[1].tolist() == [0.0, 0.0]
    assert F.scaled_dot_product_attention(query[None], key[None], key[None], mask)[0, 1].tolist() == [0.0] * 4
