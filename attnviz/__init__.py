"""Attention-based explainable recommendation: the weights, the pictures, and the tests of both."""

from importlib import import_module

__version__ = "0.1.0"

__all__ = ["plots", "widgets"]

_LAZY = ("plots", "widgets")


def __getattr__(name: str):
    """Import `plots` and `widgets` when they are first used: they bring in matplotlib and Jupyter."""
    if name in _LAZY:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
