"""`python -m benchmarks NAME`: see `runner`."""

import sys

from .runner import run

run(sys.argv[1:])
