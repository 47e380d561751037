"""Attention weights out of anybody's model."""

from .capture import capture
from .record import Record

__all__ = [
    "Record",
    "capture",
]
