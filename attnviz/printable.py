"""Text of others in a terminal: it is shown, and never obeyed."""


def printable(text: object) -> str:
    r"""Text as one line in which everything that does not print stands as its escape.

    So written are control characters (ESC among them), line breaks, characters without a width, those that
    turn the direction of writing, and half surrogates: what `repr` escapes, but without quotes.

    Args:
        text: Somebody's text, or anything else, as `str` writes it.

    Example:
        >>> print(printable("\x1b[31mred\nroom \u202emoor"), printable("Müller"))
        \x1b[31mred\nroom \u202emoor Müller
    """
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in str(text)
    )
