"""No bad input is answered in silence or with a traceback."""

import sys

import pytest

from .cases import Case
from .gather import NOT_YET, UNCLEAR, every_case
from .judge import judge

CASES = every_case()
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits memory and files as Linux does")


def test_there_are_enough_and_each_has_a_name_of_its_own():
    """400 or more, of all three groups; the lists of exceptions name cases that are there."""
    names = {case.name for case in CASES}
    assert len(names) == len(CASES) >= 400
    assert {case.group for case in CASES} == {"reader", "verb", "function"}
    assert names >= NOT_YET | UNCLEAR


def _marked(case: Case):
    marks = [pytest.mark.xfail(strict=True, reason="not mended yet")] if case.name in NOT_YET else []
    return pytest.param(case, id=case.name, marks=marks)


@pytest.mark.parametrize("case", [_marked(case) for case in CASES])
def test_a_bad_input_is_told(case, tmp_path):
    """The right result or a clear error; an unclear one only where it is listed."""
    outcome, words = judge(case, tmp_path)
    expected = {"unclear"} if case.name in UNCLEAR else {"right", "clear error"}
    assert outcome in expected, words
