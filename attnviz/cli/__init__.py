"""The command line `attnviz VERB`: each verb is a function with its options beside it."""

import argparse
import sys

from .. import __version__
from . import data_check, train, use

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run one verb. 0: done; 1: problems found; 2: wrong input, told in one line; 130: stopped by Ctrl-C."""
    options = _parser().parse_args(arguments)
    try:
        return options.verb(options) or 0
    except (ValueError, OSError) as error:
        told = "; ".join(line.strip() for line in str(error).splitlines() if line.strip())
        print(f"attnviz: {told}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\nattnviz: stopped; {options.after_stop(options)}", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="attnviz",
        description="Train an attention-based recommender, and see what it recommends and where it looked.",
        epilog="Each verb has its own help: attnviz train --help",
    )
    parser.add_argument("--version", action="version", version=f"attnviz {__version__}")
    verbs = parser.add_subparsers(required=True, metavar="VERB", title="verbs")
    for verb in (train, use, data_check):
        verb.add_parsers(verbs)
    return parser
