"""Entities: the standard library's answer wherever it has one."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnviz.language import split_sentences
from attnviz.language.entities import unescape

PIECES = ["&", "#", "x", "X", "0", "00000000", "1", "65", "a", "f", "9999999", ";", "amp", "lt", " ", "&#"]


@given(st.lists(st.sampled_from(PIECES)).map("".join) | st.text())
def test_it_is_html_unescape(text):
    """Any mixture of references, whole and broken, gives what `html.unescape` gives."""
    assert unescape(text) == html.unescape(text)


@pytest.mark.parametrize("number", ["9" * 5000, "x" + "f" * 5000, "0" * 5000 + "9" * 5000])
def test_a_number_of_thousands_of_digits_is_no_character(number):
    """No error; the text around it stays, also without the semicolon."""
    assert unescape(f"a&#{number};b &amp;") == "a\ufffdb &"
    assert split_sentences(f"Soft. &#{number}") == ["Soft.", "\ufffd"]


def test_zeros_in_front_do_not_count():
    """Five thousand zeros and 65 are an A, and what it gives is not decoded again."""
    assert unescape("&#" + "0" * 5000 + "65;") == "A"
    assert unescape("&#x" + "0" * 5000 + "26;amp;") == "&amp;"
