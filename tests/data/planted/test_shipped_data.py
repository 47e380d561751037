"""The small log in data/planted is what its recipe makes."""

import importlib.util

import pandas as pd
import pytest
from places import REPO

import attnviz as av
from attnviz.storage import SUMS, check_sums

SHIPPED = REPO / "data" / "planted"
TABLES = ("interactions", "items", "users", "truth")


@pytest.fixture(scope="module")
def recipe():
    spec = importlib.util.spec_from_file_location("prepare", SHIPPED / "prepare.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_recipe_makes_what_is_shipped(recipe, tmp_path):
    """Expect the same tables, and no more than 2 MB of them."""
    recipe.main(tmp_path)
    for table in TABLES:
        made, shipped = (pd.read_parquet(folder / f"{table}.parquet") for folder in (tmp_path, SHIPPED))
        pd.testing.assert_frame_equal(made, shipped, rtol=1e-6)
    assert sum(path.stat().st_size for path in SHIPPED.glob("*.parquet")) < 2_000_000


def test_the_shipped_tables_are_those_that_were_written():
    """Expect all four in the list of digests, each as it was."""
    check_sums(SHIPPED)
    listed = [line.split()[1] for line in (SHIPPED / SUMS).read_text().splitlines()]
    assert listed == sorted(f"{table}.parquet" for table in TABLES)


def test_read_table_reads_the_shipped_log(recipe):
    """Expect the log of the recipe's shop back, truth aside."""
    log = av.read_table(*(SHIPPED / f"{table}.parquet" for table in TABLES[:3]), computed=())
    shop = av.planted_shop(**recipe.SHOP)
    pd.testing.assert_frame_equal(log.interactions, shop.interactions)
    pd.testing.assert_frame_equal(log.users, shop.users)
    assert [field.name for field in log.fields] == [field.name for field in shop.fields]
    assert log.schema == shop.schema
