"""Prices as people of many countries write them."""

import re
from typing import Literal

import numpy as np

LONGEST = 48  # characters of a price; what is longer is none

_POINT = """$ US$ C$ CA$ A$ AU$ NZ$ HK$ S$ MX$ £ ¥ ￥ ₹ ₩ ₪ ฿ ₱ ₦ Rs Rs. Fr.
    AUD CAD CHF CNY GBP HKD ILS INR JPY KRW MXN NGN NZD PHP SGD THB USD"""
_COMMA = """€ zł kr kr. Kč Ft lei лв. ₽ ₺ TL ₫ ₴ R$ Rp
    BGN BRL CZK DKK EUR HUF IDR NOK PLN RON RUB SEK TRY UAH VND"""
_COMMA_MARKS = set(_COMMA.casefold().split())
_MARK = "|".join(map(re.escape, sorted(f"{_POINT} {_COMMA}".split(), key=len, reverse=True)))
_GAP = r"[\s\u200e\u200f]*+"  # spaces, and the marks of direction of Hebrew and Arabic
_PRICE = re.compile(
    rf"{_GAP}([-−]?){_GAP}({_MARK})?{_GAP}([-−]?){_GAP}"
    rf"(\d[\d.,'’\s]*(?<=\d)|\d|\.\d+)([.,][-–—]{{1,2}})?{_GAP}({_MARK})?{_GAP}",
    re.IGNORECASE,
)
_GROUPS = re.compile(r"\d*|\d{1,3}(?:([,.'’\s])\d{3})(?:\1\d{3})*|\d{1,2}(?:,\d\d)+,\d{3}")
_FROM = re.compile(rf"\s*+from\s++(?:{_MARK})?\s*+\d", re.IGNORECASE)
_DASH = re.compile("[-–—]")


def parse_price(value, *, points_group: bool = False):
    """One price as a number; empty text is NaN, and what is no price stays as it is.

    A currency may stand before or behind, as a sign, a code or a word. Which mark is the decimal one:

    - Of two different marks the last one: '1,300.50' and '1.300,50 €' are 1300.5.
    - A mark that stands twice groups, and so do spaces and apostrophes: '₹1,30,000', "1'300", '1 300'.
    - One comma groups before exactly three digits ('1,300' is 1300), and is decimal before one or two.
    - One point is decimal ('1.300' is 1.3, as in any program), but groups before exactly three digits beside
      a currency whose countries write so: '1.300 €' is 1300; and beside any with `points_group`.
    - Nothing groups behind a lone zero: '0,125' is 0.125.

    Example:
        >>> [parse_price(text) for text in ("$1,250.00", "1.300,50 €", "1 300,50 zł", "CHF 12.-", "Free")]
        [1250.0, 1300.5, 1300.5, 12.0, 0.0]
        >>> parse_price(""), parse_price("from 9"), parse_price(9)
        (nan, 'from 9', 9)
    """
    if not isinstance(value, str):
        return value
    text = value.strip()
    if not text:
        return np.nan
    if text.casefold() == "free":
        return 0.0
    amount = _amount(text, points_group)
    return value if amount is None else amount


def points_in(value) -> Literal["group", "decimal", "open", ""]:
    """What points do in the country of one price, as far as it shows that.

    Example:
        >>> [points_in(text) for text in ("12,50", "1.300 €", "12.50", "1.300", "899")]
        ['group', 'group', 'decimal', 'open', '']
    """
    number, grouping = _number(value.strip())[1:] if isinstance(value, str) else ("", False)
    whole, mark, decimals = _split(number, grouping)
    if not _GROUPS.fullmatch(whole):
        return ""
    if mark == "," or "." in whole:
        return "group"
    if not mark:
        return ""
    return "decimal" if _is_decimal(whole, mark, decimals, points_group=True) else "open"


def is_range(text: str) -> bool:
    """Whether the text holds two prices, or the least one: no price of one product.

    Example:
        >>> is_range("$5.99 - $9.99"), is_range("from 9.99"), is_range("12.-"), is_range("7")
        (True, True, False, False)
    """
    if _FROM.match(text):
        return True
    ends = _DASH.split(text, maxsplit=1)
    return len(ends) == 2 and all(_amount(end.strip()) is not None for end in ends)


def _amount(text: str, points_group: bool = False) -> float | None:
    minus, number, grouping = _number(text)
    whole, _, decimals = _split(number, points_group or grouping)
    if not number or not _GROUPS.fullmatch(whole):
        return None
    return float(minus + "".join(filter(str.isdigit, whole)) + "." + decimals)


def _number(text: str) -> tuple[str, str, bool]:
    """The minus of a price, its number ("": it is none), and whether points group beside its currency."""
    match = _PRICE.fullmatch(text) if len(text) <= LONGEST else None
    minus, before, second_minus, number, dash, behind = match.groups(default="") if match else [""] * 6
    if minus and second_minus:
        return "", "", False
    grouping = bool(dash) or not _COMMA_MARKS.isdisjoint({before.casefold(), behind.casefold()})
    return "-" if minus or second_minus else "", number, grouping


def _split(number: str, points_group: bool) -> tuple[str, str, str]:
    """A number before its decimal mark, the mark, and behind it."""
    marks = [character for character in number if not character.isdigit()]
    if marks and marks[-1] in ".,":
        start, mark, end = number.rpartition(marks[-1])
        alone = len(marks) == 1
        if _is_decimal(start, mark, end, points_group) if alone else mark not in marks[:-1]:
            return start, mark, end
    return number, "", ""


def _is_decimal(start: str, mark: str, end: str, points_group: bool) -> bool:
    """Whether the only mark of a number is the decimal one."""
    if len(end) == 3 and 1 <= len(start) <= 3 and start[0] != "0":
        return mark == "." and not points_group
    return mark == "." or len(end) < 3 or start == "0"
