"""Times in the tables of a log: what is read as one, and what to do about the rest."""

import pandas as pd

from .columns import numbers, parse_times
from .problems import Findings
from .reading import Reading

_COMMON = (
    "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y", "%d/%m/%Y",
    "%d.%m.%Y %H:%M", "%d.%m.%Y", "%m/%d/%y", "%d/%m/%y", "%d %b %Y", "%b %d, %Y", "%B %d, %Y",
)  # fmt: skip


def has_times(rows: pd.DataFrame) -> bool:
    """Whether the rows of a log have times: all of them, or none, where the table had none."""
    return bool(rows["timestamp"].notna().all())


def are_timed(table: pd.DataFrame) -> bool:
    """Whether a table, as it was given, has a time in any row."""
    return "timestamp" in table and bool(table["timestamp"].notna().any())


def checked_times(found: Findings, reading: Reading) -> pd.Series:
    """Times in UTC; rows whose time cannot be read are dropped. NaT everywhere in a table without times."""
    if not are_timed(found.source):
        return pd.Series(pd.NaT, index=range(len(found.source)), dtype="datetime64[us, UTC]")
    values = found.source["timestamp"].reset_index(drop=True)
    times = read_times(values, reading)
    advice = _advice(values[times.isna() & values.notna()], reading)
    found.drop(_kind(reading), times.isna().to_numpy(), "timestamp", advice)
    return times


def checked_days(found: Findings, column: str, reading: Reading) -> pd.Series:
    """Times in UTC that may be missing; those that cannot be read become missing."""
    values = found.source[column].reset_index(drop=True)
    times = read_times(values, reading)
    unreadable = times.isna() & values.notna()
    found.blank(
        _kind(reading), unreadable.to_numpy() & found.kept, column, _advice(values[unreadable], reading)
    )
    return times


def read_times(values: pd.Series, reading: Reading) -> pd.Series:
    """Datetimes in UTC with microseconds; NaT for what is no time as `reading` has it.

    Datetimes are read whatever `reading` says.

    Example:
        >>> read_times(pd.Series(["5/25/2019 15:54"]), Reading(date_format="%m/%d/%Y %H:%M"))[0]
        Timestamp('2019-05-25 15:54:00+0000', tz='UTC')
        >>> read_times(pd.Series([1735689600, "1735689600"], dtype=object), Reading(time_unit="s")).nunique()
        1
    """
    if reading.time_unit is not None and not pd.api.types.is_datetime64_any_dtype(values):
        counted = pd.to_datetime(numbers(values), unit=reading.time_unit, errors="coerce", utc=True)
        return counted.dt.as_unit("us").where(counted.notna(), parse_times(values))
    if reading.date_format is not None:
        are_words = values.map(lambda value: isinstance(value, str)).astype(bool)
        read = pd.to_datetime(
            values.where(are_words, None), format=reading.date_format, errors="coerce", utc=True
        )
        return read.dt.as_unit("us").where(are_words, parse_times(values.where(~are_words, None)))
    return parse_times(values)


def _kind(reading: Reading) -> str:
    if reading.time_unit is not None:
        return f"unparsable time (not a number with time_unit={reading.time_unit!r}, nor a datetime)"
    if reading.date_format is not None:
        return f"unparsable time (not as date_format={reading.date_format!r} has it, nor a datetime)"
    return "unparsable time (not ISO 8601 text or a datetime)"


def _advice(bad: pd.Series, reading: Reading) -> str:
    """What else could be done about cells that are no time."""
    if reading.date_format is not None or reading.time_unit is not None or bad.empty:
        return ""
    words = bad[bad.map(lambda value: isinstance(value, str)).astype(bool)]
    if words.empty:
        return "for numbers say what they count, such as time_unit='s' (seconds since 1970) or 'ms'"
    fitting = [
        repr(form)
        for form in _COMMON
        if pd.to_datetime(words.head(1000), format=form, errors="coerce").notna().all()
    ]
    first = f"{words.iloc[0]!r:.60}"
    if fitting:
        return f"date_format={' or '.join(fitting)} reads {first}"
    return f"say how {first} is written with date_format=, as in '%m/%d/%Y %H:%M' for 5/25/2019 15:54"
