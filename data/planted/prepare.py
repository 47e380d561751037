"""Make the small planted log that ships with the book: python data/planted/prepare.py [FOLDER]."""

import sys
from pathlib import Path

import attnviz as av
from attnviz.storage import write_tables

SHOP = dict(num_users=600, num_items=200, num_interactions=12_000, variant="additive", seed=0)


def main(folder: Path) -> None:
    """Write interactions, items, users, and the truth of each interaction."""
    shop = av.planted_shop(**SHOP)
    truth = shop.truth.priority.add_prefix("priority_").join(shop.truth.push.add_prefix("push_"))
    truth = truth.assign(probability=shop.truth.probability, best_probability=shop.truth.best_probability)
    shop.write(folder)
    write_tables(folder, {"truth": truth.astype("float32")})


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
