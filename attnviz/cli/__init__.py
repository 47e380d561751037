"""The command line `attnviz VERB`: each verb is a function with its options beside it."""

import argparse

from .. import __version__
from . import data_check, train, use
from .signals import BY_CLOSED_PIPE, BY_CTRL_C, BY_SIGTERM, Terminated, terminated
from .terminal import Parser, forget_output, prepare_output, tell_error, telling_warnings

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run one verb.

    Args:
        arguments: What stands behind `attnviz`; None: those of the process.

    Returns:
        0: done; 1: problems found; 2: wrong input, told on stderr; 130: stopped by Ctrl-C; 143: by SIGTERM;
        141: whoever read the output has gone.
    """
    prepare_output()
    options = argparse.Namespace(after_stop=lambda options: "nothing was changed")
    try:
        with terminated(), telling_warnings():
            options = _parser().parse_args(arguments, options)
            return options.verb(options) or 0
    except BrokenPipeError:
        return BY_CLOSED_PIPE
    except (ValueError, OSError) as error:
        tell_error(error)
        return 2
    except KeyboardInterrupt as stop:
        tell_error(f"stopped; {options.after_stop(options)}")
        return BY_SIGTERM if isinstance(stop, Terminated) else BY_CTRL_C
    finally:
        forget_output()


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="attnviz",
        description="Train an attention-based recommender, and see what it recommends and where it looked.",
        epilog="Each verb has its own help: attnviz train --help",
    )
    parser.add_argument("--version", action="version", version=f"attnviz {__version__}")
    verbs = parser.add_subparsers(required=True, metavar="VERB", title="verbs")
    for verb in (train, use, data_check):
        verb.add_parsers(verbs)
    return parser
