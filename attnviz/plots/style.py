"""How the static pictures look: colours, plain text, white axes, and names that do not cover each other."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

INK, MUTED, LINE, WEIGHT = "#1d2733", "#55616f", "#e0dace", "#6a4fb8"
RAISES, LOWERS = "#1769aa", "#b45309"
LINES = ("#1f86d1", "#d9730d", "#14305f", "#c25b9a", "#7d4206")
SEQUENTIAL = LinearSegmentedColormap.from_list(
    "attnviz", ["#ffffff", "#e3dbf6", "#b5a1e2", "#8468c8", "#5a3fa8", "#33226b"]
)
# For every text that somebody else wrote: neither mathtext nor TeX reads it.
PLAIN: dict[str, Any] = {"parse_math": False, "usetex": False, "color": INK}

# How names above columns stand when there is no room for them side by side.
SLANTED: dict[str, Any] = {"rotation": 35, "ha": "left", "rotation_mode": "anchor"}

LONGEST_NAME = 40
LONGEST_TITLE = 120


def make_axes(ax: Axes | None, size: tuple[float, float]) -> Axes:
    """The given Axes in our style, or new ones on a white figure of this size in inches."""
    if not isinstance(ax, Axes | None):
        raise ValueError(f"ax must be a matplotlib Axes or None, got {type(ax).__name__}")
    if ax is None:
        _, ax = plt.subplots(figsize=size, layout="constrained", facecolor="white")
    ax.set_facecolor("white")
    ax.set_axisbelow(True)
    ax.tick_params(colors=INK, length=0)
    ax.spines[["top", "right", "bottom"]].set_visible(False)
    ax.spines["left"].set_color(LINE)
    return ax


def write_label(ax: Axes, label: str, title: str | None) -> None:
    """A label below the x axis and, if there is one, a title at the left."""
    ax.set_xlabel(label, **PLAIN | {"color": MUTED})
    if title is not None:
        plain = one_line(title, LONGEST_TITLE)
        ax.set_title(plain, loc="left", fontsize=12, fontweight="bold", pad=12, **PLAIN)


def write_beside(
    ax: Axes, text: str, point: tuple[float, float], offset: tuple[float, float], **options: Any
) -> None:
    """Small text beside a point, the offset in points, on white so that lines behind it do not cross it."""
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    ax.annotate(
        text,
        point,
        offset,
        textcoords="offset points",
        va="center",
        fontsize=9,
        bbox=box,
        **options,
        **PLAIN,
    )


def name_lines(ax: Axes, lines: Sequence[Line2D], texts: Sequence[str]) -> None:
    """Texts at the right ends of lines that are sorted by their last value, moved apart where they touch."""
    ends = np.array([as_array(line.get_ydata())[-1] for line in lines])
    inches = ax.get_position().height * ax.figure.bbox.height / ax.figure.dpi
    gap = np.ptp(ax.get_ylim()) * 14 / 72 / inches  # 14 points
    step = as_array(lines[0].get_xdata())[-1]
    for line, text, end, place in zip(lines, texts, ends, move_apart(ends, gap), strict=True):
        color = line.get_color()
        ax.plot([step], [end], "o", color=color, markersize=5, clip_on=False)
        arrow = {"arrowstyle": "-", "color": color, "linewidth": 1, "shrinkA": 1, "shrinkB": 3}
        offset = (18, (place - end) / gap * 14)
        write_beside(ax, text, (step, end), offset, arrowprops=arrow, annotation_clip=False)


def as_array(values: ArrayLike, name: str = "values") -> np.ndarray:
    """A tensor, array or list as numbers that matplotlib draws, or a ValueError that names the argument."""
    try:
        return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values, dtype=float)
    except (TypeError, ValueError, NotImplementedError) as error:
        kind = f"{type(values).__name__} {values!r:.60}"
        raise ValueError(f"{name} must be numbers in rows of one length, got {kind}") from error


def written(value: float, form: str = "+z.2f") -> str:
    """A number as the figures write it: with a true minus sign, and no sign before a zero."""
    return format(value, form).replace("-", "−").replace("+0.00", "0.00")


def as_table(name: str, values: ArrayLike, names_name: str, names: Sequence[str]) -> np.ndarray:
    """Values as (row, column), one column a name; a tensor, array or list, of one row or several."""
    if isinstance(names, str) or not hasattr(names, "__len__"):
        raise ValueError(f"{names_name} must be a list of names, got {names!r:.60}")
    table = np.atleast_2d(as_array(values, name))
    if table.ndim != 2 or table.shape[1] != len(names) or not table.size:
        raise ValueError(
            f"{name} must have a column for each of {len(names)} {names_name}, got {table.shape}"
        )
    if not np.isfinite(table).all():
        bad = int((~np.isfinite(table)).sum())
        raise ValueError(f"{name} must be finite, got {bad} NaN or infinite values")
    return table


def check_shares(name: str, table: np.ndarray) -> None:
    """Raise a ValueError that names the argument unless all numbers lie in [0, 1], up to rounding."""
    if table.min() < -1e-6 or table.max() > 1 + 1e-6:
        raise ValueError(f"{name} must lie in [0, 1], got {table.min():.3g} to {table.max():.3g}")


def one_line(text: object, longest: int = LONGEST_NAME) -> str:
    r"""Somebody's text without line breaks and control characters, cut when it is too long.

    Example:
        >>> one_line("soft\n and \x00 warm"), one_line("soft and warm", longest=6)
        ('soft and warm', 'soft …')
    """
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in str(text)).split())
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def move_apart(values: np.ndarray, gap: float) -> np.ndarray:
    """Sorted values, moved by as little as possible so that each is a gap above the one before."""
    steps = gap * np.arange(len(values))
    free = values - steps
    highest_before = np.maximum.accumulate(free)
    lowest_after = np.minimum.accumulate(free[::-1])[::-1]
    return (highest_before + lowest_after) / 2 + steps
