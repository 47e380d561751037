"""One bit of a file is another one."""

from collections.abc import Callable
from pathlib import Path

from hypothesis import strategies as st

POSITIONS = st.integers(0, 2**32)


def after_a_flip(path: Path, position: int, read: Callable[[], object]) -> tuple[object, str]:
    """What is read while the bit at `position` (counted round) is flipped, or what the ValueError says."""
    content = path.read_bytes()
    flipped = bytearray(content)
    byte, bit = divmod(position % (8 * len(content)), 8)
    flipped[byte] ^= 1 << bit
    path.write_bytes(flipped)
    try:
        return read(), ""
    except ValueError as error:
        return None, str(error)
    finally:
        path.write_bytes(content)
