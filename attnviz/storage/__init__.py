"""Files that are whole or not there, what they were and where: nothing is half written, nothing unpickled."""

from .course import course_folder
from .files import alone, drafts, naming, whole
from .sums import SUMS, check_listed, check_sums, write_sums
from .tables import write_tables
from .tensors import read_tensors, write_tensors

__all__ = [
    "SUMS",
    "alone",
    "check_listed",
    "check_sums",
    "course_folder",
    "drafts",
    "naming",
    "read_tensors",
    "whole",
    "write_sums",
    "write_tables",
    "write_tensors",
]
