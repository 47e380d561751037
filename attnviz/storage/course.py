"""Where the course lies: its chapters, the results of its benchmarks, its data and its trained models."""

import os
from pathlib import Path

MARK = "book/_results"


def course_folder() -> Path:
    """The folder of the course, so that a chapter finds its files wherever it is opened.

    The environment variable ATTNVIZ_COURSE says where. If it is not set, it is the first folder that holds
    `book/_results`: the working directory, one above it, or the checkout that this package is imported from.

    Returns:
        The absolute path. Below it lie `_build/models` (what a chapter trains), `book/_results` (what the
        benchmarks wrote) and `data` (small data sets).

    Raises:
        FileNotFoundError: If no such folder is found, or ATTNVIZ_COURSE names another.

    Example:
        >>> (course_folder() / "book/_results/quality.csv").is_file()
        True
    """
    if given := os.environ.get("ATTNVIZ_COURSE"):
        if (Path(given) / MARK).is_dir():
            return Path(given).absolute()
        raise FileNotFoundError(
            f"ATTNVIZ_COURSE={given!r} has no folder {MARK}: "
            "set it to the checkout of attnviz that holds the book"
        )
    here = Path.cwd()
    for folder in (here, *here.parents, Path(__file__).parents[2]):
        if (folder / MARK).is_dir():
            return folder
    raise FileNotFoundError(
        f"the course is not here: no folder {MARK} in {str(here)!r} or above it. "
        "Set the environment variable ATTNVIZ_COURSE to the checkout of attnviz that holds the book"
    )
