"""Prices as people of many countries write them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnviz.data.readers.prices import is_range, parse_price

# How a country writes it: what groups, the decimal mark, and the price with {} for the number.
LOCALES = {
    "United States": (",", ".", "${}"),
    "United States, code": (",", ".", "USD {}"),
    "Canada": (",", ".", "CA${}"),
    "Britain": (",", ".", "£{}"),
    "Germany": (".", ",", "{}\xa0€"),
    "Austria": ("\xa0", ",", "€\xa0{}"),
    "France": ("\u202f", ",", "{}\xa0€"),
    "Poland": ("\xa0", ",", "{}\xa0zł"),
    "Switzerland": ("’", ".", "CHF\xa0{}"),
    "Switzerland, typed": ("'", ".", "Fr. {}"),
    "Sweden": ("\xa0", ",", "{}\xa0kr"),
    "Denmark": (".", ",", "{}\xa0kr."),
    "Brazil": (".", ",", "R$\xa0{}"),
    "Turkey": (".", ",", "₺{}"),
    "Israel": (",", ".", "\u200f{}\xa0\u200f₪"),
    "none": ("", ".", "{}"),
    "none, comma": ("", ",", "{}"),
}


def written(cents: int, locale: str) -> str:
    """An amount as a country writes it, with two decimals; the sign stands before all."""
    groups, mark, form = LOCALES[locale]
    number = f"{abs(cents) // 100:,}".replace(",", groups) + f"{mark}{abs(cents) % 100:02d}"
    return ("-" if cents < 0 else "") + form.format(number)


def indian(whole: int) -> str:
    """Groups of two above the thousand: 1,30,00,000."""
    head, tail = f"{whole:04d}"[:-3], f"{whole:04d}"[-3:]
    pairs = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)]
    return ",".join([*reversed(pairs), tail])


@given(st.integers(-(10**12), 10**12), st.sampled_from(sorted(LOCALES)))
def test_what_a_country_writes_is_read_back(cents, locale):
    """Any amount, in the form of any of these countries, is that amount."""
    assert parse_price(written(cents, locale)) == float(f"{cents / 100:.2f}")


@given(st.integers(1000, 10**11), st.sampled_from(["₹{}", "Rs. {}", "{} INR"]))
def test_indian_groups_are_read_back(whole, form):
    """₹1,30,000 is 130000, with paise or without."""
    assert parse_price(form.format(indian(whole))) == whole
    assert parse_price(form.format(indian(whole) + ".50")) == whole + 0.5


RULES = {
    "₹1,300": 1300, "1.300,50 €": 1300.5, "1 300,50 zł": 1300.5, "Free": 0, "free": 0, " FREE ": 0,
    "CHF 12.-": 12, "12,–": 12, "CHF 1.300.-": 1300, "1,300": 1300, "1.300": 1.3, "$1.300": 1.3,
    "1.300 €": 1300, "€1,300": 1300, "1.300.000": 1300000, "1,300.505": 1300.505, "12,5": 12.5,
    "0,125": 0.125, "0.125 €": 0.125,
    "$.99": 0.99, "$5 USD": 5, "-$5": -5, "$-5": -5, "−5 €": -5, "1234.567": 1234.567, "kr 7": 7, "EUR12": 12,
    "R$ 1.300": 1300, "007": 7,
}  # fmt: skip


@pytest.mark.parametrize("text", RULES)
def test_the_rule_of_marks(text):
    """The cases of the docstring, and what could be read in two ways."""
    assert parse_price(text) == RULES[text]


JUNK = [
    "from 9", "$5.99 - $9.99", "cheap", "—", "None", "$", "€ -", ".a{color:red}", "1,3000", "1234,567",
    "12 50", "1,,300", "1 .300", "1.", "5e3", "½", "12⁹⁹", "(5.00)", "--5", "-$-5", "5 $ 5", "1.300.50",
    "1,300 000", "'5", "free shipping", "12 per night", "1" * 49, "nan", "inf", "0x10", "1_000", "5\x00",
]  # fmt: skip


@pytest.mark.parametrize("text", JUNK)
def test_junk_is_no_price(text):
    """What is not one amount stays as it is, so that the checks report it."""
    assert parse_price(text) == text


@given(st.text() | st.text(alphabet="0123456789.,' -–€$krfrom\xa0"))
def test_any_text_is_a_finite_number_unknown_or_itself(text):
    """No text raises, and none becomes infinite."""
    value = parse_price(text)
    assert value == text or (isinstance(value, float) and not math.isinf(value))
    assert value == text or text.strip() or math.isnan(value)
    assert is_range(text) in (True, False)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("unit", [" ", "1", "1,", "111,", "$ ", "-", "- ", "from ", "1 ", "."])
def test_megabytes_are_an_answer_at_once(unit):
    """Four megabytes, which a pattern that goes back would read for hours, are no price and no range."""
    text = "$" + unit * (2**22 // len(unit)) + "x"
    assert parse_price(text) == text
    assert not is_range(text)


@pytest.mark.parametrize(
    "text", ["$5.99 - $9.99", "5,99 € – 9,99 €", "from 9.99", "From $9.99 to $12", "5-9"]
)
def test_ranges(text):
    """Two prices, or the least one, with or without spaces."""
    assert is_range(text)
    assert parse_price(text) == text


@pytest.mark.parametrize("text", ["12.-", "-5", "7", "a-b", "1-2-3", "from the maker", "", "-", "5 -"])
def test_no_ranges(text):
    """A dash alone makes no range."""
    assert not is_range(text)
