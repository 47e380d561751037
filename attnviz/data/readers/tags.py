"""Tags in one cell of text, as people and programs write lists."""

import csv
import re
from ast import literal_eval

import pandas as pd

from .json_lines import parse_json

LONGEST_LIST = 100_000  # characters of a list as Python writes it
_ESCAPE = r"\\(?:[\\'\"nrt]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})"
_TEXT = rf"""(?:'(?:[^'\\\n]|{_ESCAPE})*+'|"(?:[^"\\\n]|{_ESCAPE})*+")"""
_TEXTS = rf"\s*+{_TEXT}(?:\s*+,\s*+{_TEXT})*+\s*+,?\s*+"
_PYTHON = re.compile(rf"\[{_TEXTS}\]|\({_TEXTS}\)|\{{{_TEXTS}\}}")
_ENTITY = r"&(?:amp|lt|gt|quot|apos|nbsp|#\w{1,6});"  # its semicolon ends no tag
_BETWEEN_SEMICOLONS = re.compile(rf"(?:{_ENTITY}|[^;])++")


def parse_tags(values: pd.Series) -> pd.Series:
    """Tags as lists: those of a list in text, or of text with separators.

    - A list may be a JSON list, texts as Python prints them (and `DataFrame.to_csv` writes them), or a
      list of PostgreSQL: '["a", "b"]', "['a', 'b']", '{a,"b"}';
    - Other text is tags separated by '|', or by ';' where there is no '|', or by ',' where there is neither.

    What is neither a list nor text stays as it is, and so does a broken list.

    Example:
        >>> parse_tags(pd.Series(['["a, b", "c"]', "['a', 'b']", '{a,"b c"}'])).tolist()
        [['a, b', 'c'], ['a', 'b'], ['a', 'b c']]
        >>> parse_tags(pd.Series(["a | b,c", "a;b", "a, b", ""])).tolist()
        [['a', 'b,c'], ['a', 'b'], ['a', 'b'], []]
    """
    return pd.Series([_tags(value) for value in values], index=values.index, dtype=object)


def braced_tags(text: str) -> list[str] | None:
    """The texts of a list as PostgreSQL writes it, such as {TV,"Cable TV"}; None: it is none.

    Example:
        >>> braced_tags('{TV,"Cable TV"}'), braced_tags("{}"), braced_tags("TV")
        (['TV', 'Cable TV'], [], None)
    """
    if not (text.startswith("{") and text.endswith("}")):
        return None
    try:
        return [tag for row in csv.reader([text[1:-1]], escapechar="\\") for tag in row if tag]
    except csv.Error:
        return None


def _is_python(text: str) -> bool:
    return len(text) <= LONGEST_LIST and _PYTHON.fullmatch(text) is not None


def _list(text: str):
    """What a JSON text holds, or a list of another form; None where it is none."""
    try:
        found = parse_json(text)
    except ValueError:
        try:
            return literal_eval(f"[{text[1:-1]}]") if _is_python(text) else braced_tags(text)
        except SyntaxError:  # of an escape beyond Unicode
            return None
    return None if found and isinstance(found, dict) else found or []


def _tags(value):
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text.startswith(("[", "{")) or _is_python(text):
        found = _list(text)
        return value if found is None else found
    parts = text.split("|") if "|" in text else _BETWEEN_SEMICOLONS.findall(text)
    if len(parts) == 1 and "|" not in text:
        parts = text.split(",")
    return [part.strip() for part in parts if part.strip()]
