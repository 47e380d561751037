"""Prices as people of many countries write them."""

import re

import numpy as np

LONGEST = 48  # characters of a price; what is longer is none

_POINT = """$ US$ C$ CA$ A$ AU$ NZ$ HK$ S$ MX$ £ ¥ ￥ ₹ ₩ ₪ ฿ ₱ ₦ Rs Rs. Fr.
    AUD CAD CHF CNY GBP HKD ILS INR JPY KRW MXN NGN NZD PHP SGD THB USD"""
_COMMA = """€ zł kr kr. Kč Ft lei лв. ₽ ₺ TL ₫ ₴ R$ Rp
    BGN BRL CZK DKK EUR HUF IDR NOK PLN RON RUB SEK TRY UAH VND"""
_POINT_MARKS, _COMMA_MARKS = (set(marks.casefold().split()) for marks in (_POINT, _COMMA))
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


def parse_price(value, *, decimal_mark: str = ""):
    """One price as a number; empty text is NaN, and what is no price stays as it is.

    A currency may stand before or behind, as a sign, a code or a word. Which mark is the decimal one:

    - Of two different marks the last one: '1,300.50' and '1.300,50 €' are 1300.5.
    - A mark that stands twice groups, and so do spaces and apostrophes: '₹1,30,000', "1'300", '1 300'.
    - One comma groups before exactly three digits ('1,300' is 1300), and is decimal before one or two.
    - One point is decimal ('1.300' is 1.3, as in any program), but groups before exactly three digits beside
      a currency whose countries write so: '1.300 €' is 1300.
    - A `decimal_mark` says of one point or comma before exactly three digits whether it is decimal or groups.
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
    amount = _amount(text, decimal_mark)
    return value if amount is None else amount


def decimal_mark_of(value) -> str:
    """The decimal mark in the country of one price, as far as it shows that.

    "open": its only mark may group or be decimal. A comma beside a currency whose countries group with it is
    not open, but proves nothing to the other prices.

    Example:
        >>> [decimal_mark_of(text) for text in ("12,50", "0,900", "1.300 €", "12.50", "1,234,567")]
        [',', ',', ',', '.', '.']
        >>> [decimal_mark_of(text) for text in ("1.300", "4,500", "$4,500", "899")]
        ['open', 'open', '', '']
    """
    number, grouping = _number(value.strip())[1:] if isinstance(value, str) else ("", "")
    whole, mark, _ = _split(number, ".")
    if not _GROUPS.fullmatch(whole):
        return ""
    marks = [character for character in number if not character.isdigit()]
    if len(marks) == 1 and marks[0] in ".," and _may_group(*number.split(marks[0])):
        told = "," if marks[0] == "." else ""
        return told if marks[0] in grouping else "open"
    return mark or ("," if "." in whole else "." if "," in whole else "")


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


def _amount(text: str, decimal_mark: str = "") -> float | None:
    minus, number, grouping = _number(text)
    own = "," if "." in grouping and "," not in number else "."
    whole, _, decimals = _split(number, decimal_mark or own)
    if not number or not _GROUPS.fullmatch(whole):
        return None
    return float(minus + "".join(filter(str.isdigit, whole)) + "." + decimals)


def _number(text: str) -> tuple[str, str, str]:
    """The minus of a price, its number ("": it is none), and the marks that group beside its currency."""
    match = _PRICE.fullmatch(text) if len(text) <= LONGEST else None
    minus, before, second_minus, number, dash, behind = match.groups(default="") if match else [""] * 6
    if minus and second_minus:
        return "", "", ""
    currencies = {before.casefold(), behind.casefold()}
    points = "." if dash or not _COMMA_MARKS.isdisjoint(currencies) else ""
    commas = "," if dash or not _POINT_MARKS.isdisjoint(currencies) else ""
    return "-" if minus or second_minus else "", number, points + commas


def _split(number: str, decimal_mark: str) -> tuple[str, str, str]:
    """A number before its decimal mark, the mark, and behind it."""
    marks = [character for character in number if not character.isdigit()]
    if marks and marks[-1] in ".,":
        start, mark, end = number.rpartition(marks[-1])
        alone = len(marks) == 1
        if _is_decimal(start, mark, end, decimal_mark) if alone else mark not in marks[:-1]:
            return start, mark, end
    return number, "", ""


def _is_decimal(start: str, mark: str, end: str, decimal_mark: str) -> bool:
    """Whether the only mark of a number is the decimal one."""
    if _may_group(start, end):
        return mark == decimal_mark
    return mark == "." or len(end) < 3 or start == "0"


def _may_group(start: str, end: str) -> bool:
    return len(end) == 3 and 1 <= len(start) <= 3 and start[0] != "0"
