"""A small recommendation as `weight_trees` tells it, for the tests of its pictures."""

import numpy as np
import pandas as pd


def tree(*, purchases: int = 12, text: str = "") -> pd.DataFrame:
    """A product with two reviews, and a shopper with so many purchases; weights are worked out by hand."""
    review = "candidate/reviews/review 1"
    rows = [
        ("field", "candidate/reviews", "2 reviews", 0.6, 1.5, -0.3),
        ("review", review, "Soft. Warm.", 0.7, 1.0, None),
        ("sentence", f"{review}/sentence 1", "Soft.", 0.25, 1.0, None),
        ("sentence", f"{review}/sentence 2", "Warm.", 0.75, 1.0, None),
        ("review", "candidate/reviews/review 2", "It itches.", 0.3, 1.0, None),
        ("field", "candidate/price", "29.90", 0.4, None, 0.25),
    ]
    shares = np.arange(1, purchases + 1) / (purchases * (purchases + 1) / 2)
    for number, share in enumerate(shares, start=1):
        rows.append(("history item", f"shopper/item {number}", f"Scarf {number}", share, 2.0, None))
        rows.append(("field", f"shopper/item {number}/brand", "Fjord", 1.0, 1.0, None))
    table = pd.DataFrame(rows, columns=["level", "element", "text", "weight", "value_norm", "push"])
    parents = table["element"].str.rpartition("/")[0]
    table = table.astype({"value_norm": float, "push": float})
    return table.assign(text=table["text"] + text, parent=parents, tree=parents.str.partition("/")[0])
