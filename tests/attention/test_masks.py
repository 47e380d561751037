"""One check of a mask, for fields, words and elements, and for keys that each query may see."""

import pytest
import torch

from attnviz.attention.attention import multihead_attention, point_attention
from attnviz.attention.masks import checked_mask

FIELDS = ("batch", "field")


def test_no_mask_takes_all():
    """Expect True everywhere, in the shape of the first axes."""
    assert checked_mask(torch.rand(2, 3, 4), None, axes=FIELDS).equal(torch.ones(2, 3, dtype=torch.bool))
    assert checked_mask(torch.rand(2, 3, 4), None, axes=("batch", "query", "key")).shape == (2, 3, 4)


def test_a_mask_that_fits_comes_back_as_it_is():
    """Expect the same tensor, not a copy."""
    mask = torch.tensor([[True, False, True]])
    assert checked_mask(torch.rand(1, 3), mask, axes=FIELDS) is mask


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (torch.ones(2, 3), r"mask must be bool \(batch, field\) = \(2, 3\).*got torch.float32 \(2, 3\)"),
        (torch.ones(2, 3, dtype=torch.long), "got torch.int64"),
        (torch.ones(3, dtype=torch.bool), r"got torch.bool \(3,\)"),
        (torch.ones(2, 4, dtype=torch.bool), r"= \(2, 3\), True where there is one, got torch.bool \(2, 4\)"),
        (torch.ones(2, 3, 1, dtype=torch.bool), r"\(2, 3, 1\)"),
    ],
)
def test_errors_say_what_was_expected_and_what_came(mask, message):
    """The axes by name, their sizes, and the dtype and shape that came."""
    with pytest.raises(ValueError, match=message):
        checked_mask(torch.rand(2, 3, 5), mask, axes=FIELDS)


def test_attention_names_its_own_axes():
    """Fields for one query; keys, or queries and keys, for many."""
    query, keys = torch.rand(2, 4, 6), torch.rand(2, 3, 6)
    with pytest.raises(ValueError, match=r"mask must be bool \(batch, field\) = \(2, 3\)"):
        point_attention(query[:, 0], keys, keys, mask=torch.ones(2, 4, dtype=torch.bool))
    with pytest.raises(ValueError, match=r"mask must be bool \(batch, key\) = \(2, 3\)"):
        multihead_attention(query, keys, keys, num_heads=2, mask=torch.ones(2, 4, dtype=torch.bool))
    with pytest.raises(ValueError, match=r"mask must be bool \(batch, query, key\) = \(2, 4, 3\)"):
        multihead_attention(query, keys, keys, num_heads=2, mask=torch.ones(2, 3, 4, dtype=torch.bool))
