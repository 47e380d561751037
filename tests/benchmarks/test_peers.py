"""What the opponents are given is what a shop would know, and keys before FiLM are what they say."""

import numpy as np
import pytest
import torch

import attnviz as av
from attnviz.data.planted.oracle import Oracle
from attnviz.data.planted.world import TAGS_PER_ITEM, VARIANTS
from benchmarks.keys import KeysBeforeFilm
from benchmarks.peers import CROSSINGS, Matrix, boosted_trees
from benchmarks.quality import ALL, RARE, usual


@pytest.fixture(scope="module")
def parts():
    shop = av.planted_shop(num_users=80, num_items=40, num_interactions=2000)
    return dict(zip(("train", "valid", "test"), shop.split(), strict=True))


def test_crossings_are_the_utilities_of_what_shows(parts):
    """Expect the oracle's tags, brand and price before it standardises them, and nowhere else."""
    matrices, world = Matrix.of_parts(parts), parts["test"].world
    log = parts["test"].interactions
    user = world.users.set_index("user_id").index.get_indexer(log["user_id"])
    item = world.items.set_index("item_id").index.get_indexer(log["item_id"])
    raw = Oracle(world)._raw_utilities(user, item, np.zeros(len(log)))
    expected = np.column_stack([raw[:, 0] * TAGS_PER_ITEM, raw[:, 3], raw[:, 2]])
    x = matrices["test"].x
    np.testing.assert_allclose(x[:, -CROSSINGS:], expected, atol=1e-5)
    spread = np.abs(np.corrcoef(x[:, x.std(0) > 0], rowvar=False)[-CROSSINGS:, :-CROSSINGS])
    assert spread.max() < 0.9


def test_the_text_is_read_by_training_rows_only(parts):
    """Expect the same numbers for a test row, whatever the labels of valid and test rows are."""
    flipped = {
        name: log.with_interactions(log.interactions.assign(label=1 - log.interactions["label"]))
        for name, log in parts.items()
        if name != "train"
    }
    found = [Matrix.of_parts(parts | other)["test"].x for other in ({}, flipped)]
    np.testing.assert_array_equal(*found)


def test_trees_without_crossings_do_not_see_them(parts):
    """Expect predictions that stay the same where the crossings are spoilt, unlike with them."""
    matrices = Matrix.of_parts(parts)
    spoilt = matrices["test"].x.copy()
    spoilt[:, -CROSSINGS:] = 0
    for crossed in (True, False):
        predict = boosted_trees(matrices["train"], matrices["valid"], trial=0, seed=0, crossed=crossed)
        assert np.array_equal(predict(spoilt), predict(matrices["test"].x)) != crossed


def test_rare_models_run_on_the_first_variant_only():
    """Expect all models there, and on the others all but the rare ones."""
    assert usual(VARIANTS[0]) == list(ALL)
    assert set(ALL) - set(usual(VARIANTS[1])) == set(RARE)


def test_keys_before_film_do_not_see_the_shopper(parts):
    """Expect the logits of before without FiLM, and with it scores that only the query gives to a shopper."""
    batch = parts["train"].batch(slice(0, 16), parts["train"].schema)
    for conditioning, same in (("none", True), ("film", False)):
        model = av.AttentionRecommender(
            parts["train"].schema, embed_dim=8, keys="both", conditioning=conditioning
        )
        with torch.no_grad():
            before = model(batch)
            KeysBeforeFilm(model)
            assert torch.equal(model(batch), before) == same
            vectors, (query,) = model.field_vectors(batch)
            keys = model.mechanism.key.key(model.item_vectors(batch))
            scores = (keys @ query.unsqueeze(-1)).squeeze(-1) / 8**0.5
            torch.testing.assert_close(model.mechanism.scores(vectors, query), scores)
