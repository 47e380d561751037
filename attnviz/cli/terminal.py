"""The one door to the terminal: what goes through it is escaped, whoever wrote it."""

import argparse
import os
import shlex
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NoReturn

import pandas as pd

from ..printable import printable

LONGEST_TEXT = 40


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


def tell_table(table: pd.DataFrame) -> None:
    """Print a table, a row a line."""
    shown = table.rename(columns=printable)
    for name in shown.select_dtypes(exclude="number"):
        shown[name] = shown[name].map(printable)
    tell(*shown.to_string(index=False, float_format="%.3f").split("\n"))


def tell_counts(title: str, counts: Mapping[str, int]) -> None:
    """Print how often each reason occurred, if there is any."""
    if counts:
        tell(f"{title}:", *(f"  {count:,} ({reason})" for reason, count in counts.items()))


def short(text: str) -> str:
    """Somebody's title or review, without line breaks, cut when it is too long for a line."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_TEXT else line[: LONGEST_TEXT - 1] + "…"


def command(verb: str, *arguments: object) -> str:
    """A command of ours that can be copied: its arguments are quoted, and none is taken for an option.

    Example:
        >>> command("recommend", "run", "ann; touch x"), command("recommend", "run", "-ann")
        ("attnviz recommend run 'ann; touch x'", 'attnviz recommend -- run -ann')
    """
    words = [str(argument) for argument in arguments]
    end = ["--"] if any(word.startswith("-") for word in words) else []
    return shlex.join(["attnviz", verb, *end, *words])
