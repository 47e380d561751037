"""No bad input is answered in silence or with a traceback."""

import sys

import pytest

from .gather import every_case
from .judge import judge

CASES = every_case()
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits memory and files as Linux does")


def test_there_are_enough_and_each_has_a_name_of_its_own():
    """400 or more, of all three groups."""
    names = {case.name for case in CASES}
    assert len(names) == len(CASES) >= 400
    assert {case.group for case in CASES} == {"reader", "verb", "function"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_input_is_told(case, tmp_path):
    """Neither silence nor a traceback, nor words that help nobody; the right result where there is one."""
    outcome, words = judge(case, tmp_path)
    assert outcome in ({"right"} if case.is_readable else {"right", "clear error"}), words
