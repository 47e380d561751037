"""The one door to the terminal: what goes through it is escaped, whoever wrote it."""

import argparse
import os
import shlex
import shutil
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NoReturn

import pandas as pd

from ..printable import printable

LONGEST_TEXT, SHORTEST_TEXT = 40, 20
ENDLESS = 1_000_000


class Parser(argparse.ArgumentParser):
    """Options, whose mistakes are told like all others."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the options.

        Raises:
            ValueError: Always.
        """
        raise ValueError(f"{message} (see {self.prog} --help)")


def prepare_output() -> None:
    """Let a terminal that cannot show a letter get its escape, and a closed one nothing."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    if reconfigure := getattr(sys.stdout, "reconfigure", None):
        reconfigure(errors="backslashreplace")


def forget_output() -> None:
    """What could not be written is not tried again at the end of the process."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell(*lines: object) -> None:
    """Print each as one line, whatever is in it; nothing: an empty line."""
    try:
        for line in lines or ("",):
            print(printable(line), flush=True)
    except OSError as error:
        raise OSError(error.errno, error.strerror, "the standard output") from error


def tell_error(message: object) -> None:
    """Print the message to stderr with which a command ends.

    Its further lines are indented, so that none is taken for a message of its own.
    """
    lines = [printable(line.rstrip()) for line in str(message).split("\n") if line.strip()]
    print("attnviz: " + "\n  ".join(lines), file=sys.stderr, flush=True)


@contextmanager
def telling_warnings() -> Iterator[None]:
    """Inside, a warning is one line to stderr, without the place in our code that it came from."""
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_: tell_error(f"warning: {message}")
        yield


def tell_table(table: pd.DataFrame, *, keys: tuple[str, ...], text: str | None = None) -> None:
    """Print a table, a row a line.

    In a terminal that is too narrow for it the texts are cut, though not below `SHORTEST_TEXT`; where that is
    not enough, the columns that have no place go into a further table below.

    Args:
        table: It is printed with three digits.
        keys: Columns that say what a row is; each part of the table begins with them.
        text: A column of titles, which may be cut.
    """
    shown = table.rename(columns=printable)
    for name in shown.select_dtypes(exclude="number"):
        shown[name] = shown[name].map(printable)
    width = _width()
    if text is not None:
        left = shown[text].str.len().max() - max(map(len, _lines(shown))) + width
        if SHORTEST_TEXT <= left < LONGEST_TEXT:
            shown[text] = [short(title, left) for title in shown[text]]
    for place, columns in enumerate(_parts(shown, keys, width)):
        tell(*[""] * bool(place), *_lines(shown[columns]))


def _width() -> int:
    """Characters that fit in a line; many where nobody looks at a terminal."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else ENDLESS


def _lines(table: pd.DataFrame) -> list[str]:
    return table.to_string(index=False, float_format="%.3f").split("\n")


def _parts(table: pd.DataFrame, keys: tuple[str, ...], width: int) -> list[list[str]]:
    """Columns that fit into the width, the keys and at least one other in each part."""
    parts: list[list[str]] = [[*keys]]
    for name in table.columns.drop(list(keys)):
        wider = [*parts[-1], name]
        if len(parts[-1]) > len(keys) and max(map(len, _lines(table[wider]))) > width:
            wider = [*keys, name]
            parts.append(wider)
        parts[-1] = wider
    return parts


def tell_counts(title: str, counts: Mapping[str, int]) -> None:
    """Print how often each reason occurred, if there is any."""
    if counts:
        tell(f"{title}:", *(f"  {count:,} ({reason})" for reason, count in counts.items()))


def short(text: str, most: int = LONGEST_TEXT) -> str:
    """Somebody's title or review, without line breaks, cut when it is longer than this."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def command(verb: str, *arguments: object) -> str:
    """A command of ours that can be copied: its arguments are quoted, and none is taken for an option.

    Example:
        >>> command("recommend", "run", "ann; touch x"), command("recommend", "run", "-ann")
        ("attnviz recommend run 'ann; touch x'", 'attnviz recommend -- run -ann')
    """
    words = [str(argument) for argument in arguments]
    end = ["--"] if any(word.startswith("-") for word in words) else []
    return shlex.join(["attnviz", verb, *end, *words])
