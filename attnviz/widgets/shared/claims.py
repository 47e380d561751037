"""What a figure says of all its cases, and how its starting state was chosen."""

from dataclasses import dataclass

import numpy as np

from .checks import check_share


@dataclass(frozen=True)
class Claim:
    """What an explorer's figure claims: one case is an anecdote, so it says how often the statement holds.

    Args:
        holds: share of the test cases in which the statement holds, from 0 to 1; None gives no share.
        statement: what holds, in words that continue "Holds in 93% of the test cases: ".
        rule: the rule by which the starting state was chosen, in words.

    Raises:
        ValueError: the share is not from 0 to 1.

    Example:
        >>> Claim(0.93, "another field moves the score more.", "the first test case").holds
        0.93
    """

    holds: float | None = None
    statement: str = ""
    rule: str = ""

    def __post_init__(self) -> None:
        if self.holds is not None:
            check_share("holds", np.asarray(self.holds, dtype=float))

    def as_dict(self) -> dict[str, float | str | None]:
        """What the browser gets."""
        holds = None if self.holds is None else float(self.holds)
        return {"holds": holds, "statement": str(self.statement), "rule": str(self.rule)}
