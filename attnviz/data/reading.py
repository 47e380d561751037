"""How the cells of a log's tables are read: the options of `InteractionLog` that say so."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from ..attention.checks import check_number
from .arguments import require_flag
from .fields import Field, computed_fields, own_fields

TIME_UNITS = ("s", "ms", "us", "ns")
_YEARS = ("%Y", "%y", "%G", "%c", "%x")


@dataclass(frozen=True)
class Reading:
    """The options of `InteractionLog` that say how cells are read, checked.

    Attributes:
        fields: Further columns of the items as fields.
        computed: The fields that are made from the log's rows; None: nothing was asked.
        implicit: See `InteractionLog`, which has the others too.
        rating_threshold: The smallest rating that is label 1.
        date_format: How times are written as text; None: ISO 8601.
        time_unit: What numbers count that are times; None: numbers are no times.
    """

    fields: tuple[Field, ...] = ()
    computed: tuple[Field, ...] | None = None
    implicit: bool = False
    rating_threshold: float = 4.0
    date_format: str | None = None
    time_unit: str | None = None

    @classmethod
    def of(
        cls, *, fields: Mapping[str, str] | None = None, computed: Iterable[str] | None = None, **options
    ) -> "Reading":
        """Check what was given.

        Raises:
            TypeError: As `own_fields` and `computed_fields`.
            ValueError: When an option is out of its range, or two do not fit together.
        """
        reading = cls(own_fields(fields), computed_fields(computed), **options)
        require_flag("implicit", reading.implicit)
        check_number("rating_threshold", reading.rating_threshold)
        if reading.time_unit is not None and reading.time_unit not in TIME_UNITS:
            raise ValueError(f"time_unit must be one of {', '.join(TIME_UNITS)}, got {reading.time_unit!r}")
        if reading.date_format is not None:
            _require_format(reading.date_format)
            if reading.time_unit is not None:
                raise ValueError(
                    "date_format is for times that are text, time_unit for numbers: give one of them"
                )
        return reading


def _require_format(date_format: str) -> None:
    hint = "such as '%m/%d/%Y %H:%M' for 5/25/2019 15:54"
    if not isinstance(date_format, str) or not any(year in date_format for year in _YEARS):
        raise ValueError(f"date_format must be a format with a year, {hint}, got {date_format!r}")
    try:
        pd.to_datetime(pd.Series([""]), format=date_format, errors="coerce", utc=True)
    except ValueError as error:
        raise ValueError(f"date_format {date_format!r} cannot be used: {error}; {hint}") from error
