"""Leaving early: SIGTERM is what Ctrl-C is, with a code of its own."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

BY_CTRL_C, BY_SIGTERM, BY_CLOSED_PIPE = (128 + number for number in (signal.SIGINT, signal.SIGTERM, 13))


class Terminated(KeyboardInterrupt):
    """SIGTERM came: whatever cleans up after Ctrl-C cleans up after it, too."""


@contextmanager
def terminated() -> Iterator[None]:
    """Inside, SIGTERM raises `Terminated`; outside of the main thread nothing can listen to signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _raise)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _raise(number: int, frame: FrameType | None) -> None:
    raise Terminated
