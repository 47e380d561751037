"""Many weights in few bytes: levels of one byte each, squeezed for the way to the browser."""

import zlib

import numpy as np

_BEND = 0.16  # up to here the square root is cut into steps of .01, above it the weight into steps of .008


def to_levels(weights: np.ndarray) -> np.ndarray:
    """Each weight as one of 146 levels: fine steps for small weights, at most .004 off for all.

    Args:
        weights: numbers from 0 to 1, any shape.

    Returns:
        uint8 from 0 to 145, the same shape: 100 * sqrt(weight) up to .16, 125 * weight + 20 above, rounded.

    Example:
        >>> to_levels(np.array([0.0, 0.01, 0.16, 1.0]))
        array([  0,  10,  40, 145], dtype=uint8)
    """
    values = np.clip(np.asarray(weights, dtype=np.float32), 0, 1)
    steps = np.where(values <= _BEND, 100 * np.sqrt(values), 125 * values + 20)
    return np.rint(steps).astype(np.uint8)


def from_levels(levels: np.ndarray) -> np.ndarray:
    """The weights that levels stand for, float64; the browser has the same rule.

    Example:
        >>> from_levels(np.array([0, 10, 40, 145], dtype=np.uint8)).round(4)
        array([0.  , 0.01, 0.16, 1.  ])
    """
    steps = np.arange(146)
    return np.where(steps <= 40, (steps / 100) ** 2, (steps - 20) / 125)[levels]


def squeeze(*levels: np.ndarray) -> bytes:
    r"""Levels one after the other in C order, as gzip, which a browser opens with `DecompressionStream`.

    Example:
        >>> import gzip
        >>> gzip.decompress(squeeze(np.arange(3, dtype=np.uint8)))
        b'\x00\x01\x02'
    """
    # Weights look like noise, in which long matches are rare: Z_FILTERED leaves more to Huffman's code.
    packer = zlib.compressobj(6, zlib.DEFLATED, 31, 9, zlib.Z_FILTERED)
    return b"".join(packer.compress(part.tobytes()) for part in levels) + packer.flush()
