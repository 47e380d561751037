"""The command `attnviz`, which can be stopped from the first moment on.

It lies beside the package, because whatever lies in it is imported after torch, which takes seconds.
"""

import sys


def main() -> int:
    """Run the command line; Ctrl-C while it is being imported ends with one line and code 130."""
    try:
        from attnviz.cli import main as run

        return run()
    except KeyboardInterrupt:
        print("attnviz: stopped; nothing was changed", file=sys.stderr)
        return 130
