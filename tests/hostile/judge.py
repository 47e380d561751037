"""How a bad input was answered.

- "right": the result is the right one, by the case's own predicate. What is documented is right: NaN where a
  docstring says that a measure is undefined, a row that is dropped and counted.
- "clear error": an exception of a documented kind (ValueError, TypeError, OSError, KeyError, LookupError
  itself, and what a case names) that a `raise` of this package raised; or, of the command line, exit code 2
  and one message on stderr, whose further lines are indented. Its text names the argument, file, column or
  row, and says what was expected or what to do.
  The system's own words about a file that is named ("No such file or directory: 'x.csv'") are clear, too;
  and so is a UserWarning that says as much beside a result.
- "unclear": an error or a warning whose text lacks one of both.
- "traceback": an exception out of a library, or of another kind; of the command line, any exception.
- "silent": no error, no warning, no printed line, and the result is not the right one; or a control character
  of somebody's text reaches the terminal.
"""

import linecache
import re
import traceback
import warnings
from pathlib import Path
from typing import NamedTuple

import attnviz

from .cases import Case

OUTCOMES = ("right", "clear error", "unclear", "silent", "traceback")
PACKAGE, HERE = str(Path(attnviz.__file__).parent), str(Path(__file__).parent)
ADVICE = re.compile(
    r"\b(must|expected|give|use|pass|needs?|needed|takes?|choose|fetch|delete|correct|save|make|call|put|add|set|"
    r"install|only|at least|at most|drop|drops|keeps|encode|rename|reorder|try|train|cut|leave|raise|one of|"
    r"no such file|is a directory|not a directory|permission denied|file exists|has no|holds no|"
    r"there is no|unknown user|invalid (int|float|choice)|required|unrecognized)\b",
    re.IGNORECASE,
)


class Answer(NamedTuple):
    """What a verb of the command line did."""

    code: int
    out: str
    err: str

    def is_plain(self) -> bool:
        """Whether a terminal shows all of it as it is; a progress bar goes back in its line."""
        shown = (self.out + self.err).replace("\n", "").replace("\r", "")
        return all(character.isprintable() for character in shown)


class Verdict(NamedTuple):
    """One of `OUTCOMES`, and the words that it rests on."""

    outcome: str
    words: str


def judge(case: Case, folder: Path) -> Verdict:
    """Run a case in an empty folder."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            result = case.run(folder)
        except Exception as error:  # every kind is an answer, and most are wrong
            return _of_error(case, error)
    if isinstance(result, Answer) and not result.is_plain():
        return Verdict("silent", repr(result))
    if isinstance(result, Answer) and result.code == 2:
        last = _last_message(result.err)
        return Verdict(_of_words(case, last) if last.startswith("attnviz") else "unclear", last)
    if _is_right(case, result):
        return Verdict("right", "")
    ours = [warning for warning in warned if warning.category is UserWarning and not _of_library(warning)]
    told = " ".join(str(warning.message) for warning in ours)
    if told:
        return Verdict(_of_words(case, told), told)
    return Verdict("silent", " ".join(f"{result}".split()))


def _last_message(err: str) -> str:
    """The last line that is not indented, with those below it."""
    lines = err.strip().splitlines() or [""]
    starts = [place for place, line in enumerate(lines) if not line.startswith("  ")]
    return " ".join(lines[starts[-1] :])


def _is_right(case: Case, result: object) -> bool:
    try:
        return case.right(result)
    except Exception:  # a result of another kind than the predicate asks is not the right one
        return False


def _of_library(warning: warnings.WarningMessage) -> bool:
    return "site-packages" in warning.filename and not warning.filename.startswith(PACKAGE)


def _of_error(case: Case, error: Exception) -> Verdict:
    words = f"{type(error).__name__}: {error}"
    last = traceback.extract_tb(error.__traceback__)[-1]
    if isinstance(error, OSError) and error.filename is not None and case.group != "verb":
        return Verdict(_of_words(case, words), words)
    if last.filename.startswith(HERE) and type(error) is TypeError:  # an argument that does not exist
        return Verdict("unclear", words)
    raised = last.filename.startswith(PACKAGE) and _is_raise(last)
    documented = isinstance(error, case.kinds) or type(error) is LookupError
    if case.group == "verb" or not raised or not documented:
        return Verdict("traceback", words)
    return Verdict(_of_words(case, words), words)


def _is_raise(frame: traceback.FrameSummary) -> bool:
    return linecache.getline(frame.filename, frame.lineno or 0).lstrip().startswith("raise ")


def _of_words(case: Case, words: str) -> str:
    named = any(name in words for name in case.names)
    return "clear error" if named and ADVICE.search(words) else "unclear"
