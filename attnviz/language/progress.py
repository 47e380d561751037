"""The progress bars of transformers, and how they are kept quiet."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_progress_bar() -> Iterator[None]:
    """Without the bars of transformers inside `with`: what takes a second needs no bar inside ours.

    Example:
        >>> from transformers.utils import logging
        >>> shown = logging.is_progress_bar_enabled()
        >>> with no_progress_bar():
        ...     logging.is_progress_bar_enabled()
        False
        >>> logging.is_progress_bar_enabled() == shown
        True
    """
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
