"""Interactive explorers that run in the browser, in a notebook and in a built page alike."""

from .agreement_explorer import AgreementExplorer
from .baseline_slider import BaselineSlider
from .fault_switches import FaultSwitches
from .field_explorer import FieldExplorer
from .field_matrix import FieldMatrix
from .heads_explorer import HeadsExplorer
from .history_explorer import HistoryExplorer
from .human_overlay import HumanOverlay
from .neighbour_picker import NeighbourPicker
from .prompt_parts import PromptParts
from .reason_explorer import ReasonExplorer
from .removal_explorer import RemovalExplorer
from .roc_slider import RocSlider
from .shared.claims import Claim
from .shelf_explorer import ShelfExplorer
from .token_explorer import TokenExplorer
from .weight_triangle import WeightTriangle

__all__ = [
    "AgreementExplorer",
    "BaselineSlider",
    "Claim",
    "FaultSwitches",
    "FieldExplorer",
    "FieldMatrix",
    "HeadsExplorer",
    "HistoryExplorer",
    "HumanOverlay",
    "NeighbourPicker",
    "PromptParts",
    "ReasonExplorer",
    "RemovalExplorer",
    "RocSlider",
    "ShelfExplorer",
    "TokenExplorer",
    "WeightTriangle",
]
