"""Interactive explorers that run in the browser, in a notebook and in a built page alike."""

from .field_explorer import FieldExplorer
from .reason_explorer import ReasonExplorer

__all__ = ["FieldExplorer", "ReasonExplorer"]
