"""What `train` says of the model beside counting."""

import pandas as pd

from attnviz.cli.report import compared_with_counting


def ranking(**leads: tuple[float, float, float]) -> pd.DataFrame:
    """A ranking in which the last 90 days serve best, with this lead of the model for each group."""
    rows = []
    for group, (lead, low, high) in leads.items():
        counts = {"popularity": 0.2, "popularity, 90 days": 0.3, "never chosen before": 0.9}
        for model, ndcg in {"model": 0.3 + lead, **counts}.items():
            more = 0.3 - ndcg
            bounds = {"ndcg_lead_low": low + more, "ndcg_lead_high": high + more}
            rows.append({"group": group, "model": model, "ndcg": ndcg, "ndcg_lead": lead + more, **bounds})
    return pd.DataFrame(rows)


def test_it_says_for_whom_counting_is_as_good():
    """Expect the best counting of each group, and whether the paired interval is above, around or below 0."""
    said = compared_with_counting(
        ranking(
            better=(0.05, 0.01, 0.09),
            new=(0.01, -0.01, 0.03),
            returning=(-0.05, -0.09, -0.01),
            repeat=(0.7, 0.6, 0.7),
        )  # fmt: skip
    )
    assert said == [
        "For users who are better: the model is better than counting the last 90 days. "
        "NDCG@10 of the model 0.350, of counting 0.300; difference +0.050 [+0.010, +0.090].",
        "For users who are new: counting the last 90 days is as good. "
        "NDCG@10 of the model 0.310, of counting 0.300; difference +0.010 [-0.010, +0.030].",
        "For users who are returning, new item: counting the last 90 days is better than the model. "
        "NDCG@10 of the model 0.250, of counting 0.300; difference -0.050 [-0.090, -0.010].",
        "For users who are returning, same item: this shows nothing of the model, since none of the other "
        "items was ever chosen by them, and their own past tells the chosen one.",
    ]


def test_it_says_nothing_where_nothing_was_counted():
    """Expect no sentence for a log without times, which is ranked by the model alone."""
    table = ranking(new=(0.0, 0.0, 0.0))
    assert compared_with_counting(table[table["model"] == "model"]) == []
