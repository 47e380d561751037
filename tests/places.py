"""Where the repository lies, for tests at any depth."""

from pathlib import Path

REPO = Path(__file__).parents[1]
