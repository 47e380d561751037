"""Texts to sentences by a plain rule."""

import re

from .entities import unescape

_BREAKS = re.compile(r"</?(?:br|p|div|li|ul|ol|tr|table|h[1-6]|blockquote)\b[^<>]*>", re.IGNORECASE)


_TAGS = re.compile(r"<[/!]?[a-zA-Z-][^<>]*>")


_ENDS = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][\"')\]”’]))\s+")


_SOUND = re.compile(r"[^\s.!?]")


def split_sentences(text: str) -> list[str]:
    """Cut a text into sentences by a plain rule.

    HTML tags are taken out, entities are decoded (`&amp;` becomes `&`), and runs of spaces become one space.
    A sentence then ends at a new line, at a tag that breaks a line (`<br/>`, `<p>`, `<li>` ...), and after
    `.`, `!` or `?` (closing quotes and brackets included) when a space follows.

    The rule knows no language: "Dr. Smith" and "e.g. this" are cut, "Great.But small" and "3.5 mm" are not,
    and neither is text in scripts with other full stops.
    The result is plain text, not safe HTML: `&lt;b&gt;` comes out as `<b>`.

    Args:
        text: Any text, such as a review.

    Returns:
        The sentences in their order; none is empty, and none consists of punctuation marks `.!?` only.

    Example:
        >>> split_sentences("Soft &amp; warm!<br/>The zip broke... Sent <b>back</b>.")
        ['Soft & warm!', 'The zip broke...', 'Sent back.']

    Taught in "How do words become vectors?"
    """
    plain = unescape(_TAGS.sub("", _BREAKS.sub("\n", text)))
    lines = (" ".join(line.split()) for line in plain.splitlines())
    return [part for line in lines for part in _ENDS.split(line) if _SOUND.search(part)]
