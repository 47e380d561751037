"""The command line as a user runs it: in a process of its own, or in this one with its last line."""

import resource
import signal
import subprocess
import sys

from attnviz.cli import main


def command(*arguments, file_size: int = resource.RLIM_INFINITY, **options) -> subprocess.Popen:
    """The command in a process of its own, that Ctrl-C reaches even when the tests run in the background.

    Args:
        *arguments: What stands behind `attnviz`.
        file_size: Bytes that a file may have, for which a disk is full.
        **options: As `Popen` takes them.
    """

    def listen():
        signal.signal(signal.SIGINT, signal.default_int_handler)
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, resource.RLIM_INFINITY))

    arguments = [sys.executable, "-m", "attnviz", *map(str, arguments)]
    pipes = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return subprocess.Popen(arguments, **pipes | options, preexec_fn=listen)


def told(capsys, arguments, code=2) -> str:
    """The one line on stderr with which the command ends."""
    assert main([str(argument) for argument in arguments]) == code
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("attnviz: ")
    return lines[0]
