"""Entities of HTML as characters, whatever number stands in them."""

import html
import re

_LONG_NUMBER = re.compile(r"&#(?:([0-9]{8,}+)|([xX])([0-9a-fA-F]{8,}+));?")


def unescape(text: str) -> str:
    """The text with `&amp;` and `&#38;` as characters, as `html.unescape` gives it.

    A number of thousands of digits, where `html.unescape` raises, is no character and becomes U+FFFD.

    Example:
        >>> unescape("Soft &amp; warm"), unescape("&#" + "9" * 5000 + ";")
        ('Soft & warm', '�')
    """
    return html.unescape(_LONG_NUMBER.sub(_shortened, text)) if "&" in text else text


def _shortened(reference: re.Match) -> str:
    decimal, mark, hexadecimal = reference.groups(default="")
    digits = (decimal or hexadecimal).lstrip("0")
    return f"&#{mark}{digits or '0'};" if len(digits) < 8 else "\ufffd"
