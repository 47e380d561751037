"""A query over a history: attention in two levels, equal to a loop by hand, and blind for the future."""

import dataclasses

import numpy as np
import pytest
import torch

import attnviz as av
from attnviz.data.schema import Schema
from attnviz.recommender.shopper import HistoryQuery

ASKS = pytest.mark.parametrize("asks", ["learned", "candidate"])


@pytest.fixture(scope="module")
def log():
    """No users table: what is known of a shopper is her history."""
    shop = av.planted_shop(num_users=20, num_items=30, num_interactions=400)
    return av.InteractionLog(shop.interactions, shop.items, computed=())


@pytest.fixture(scope="module")
def batch(log):
    return log.batch(slice(None))


def query_of(log, asks="learned"):
    torch.manual_seed(0)
    query = HistoryQuery(log.schema, 8, asks=asks)
    torch.nn.init.normal_(query.place.weight)  # so that the places are seen to count
    return query


def softmax(scores):
    exponents = np.exp(scores - scores.max())
    return exponents / exponents.sum()


def item_by_hand(query, values):
    """An item (dim,) out of its fields' vectors (field, dim)."""
    keys = values @ query.field_key.weight.detach().numpy().T
    return softmax(keys @ query.field_query.weight.detach().numpy()[0] / np.sqrt(8)) @ values


@ASKS
def test_the_formula_by_hand(log, batch, asks):
    """Item by item and field by field in NumPy, for rows with and without a history."""
    query = query_of(log, asks)
    with torch.no_grad():
        found = query.attend(batch, batch.chosen())
        asked = query._query(batch).numpy()
    key, value = query.key.weight.detach().numpy(), query.value.weight.detach().numpy()
    start, place = query.start.weight.detach().numpy(), query.place.weight.detach().numpy()
    lengths = (found.chosen.items >= 0).sum(1)
    for row in (0, int(lengths.argmax()), 200, 399):
        known = found.chosen.items[row, : lengths[row]]
        items = [item_by_hand(query, values) for values in found.field_values[known].numpy()]
        keys = [start[0], *(key @ item + place[i] for i, item in enumerate(items))]
        weights = softmax(np.array(keys) @ asked[row] / np.sqrt(8))
        expected = weights @ np.array([start[1], *(value @ item for item in items)])
        np.testing.assert_allclose(found.items[row, : len(weights)], weights, atol=1e-5)
        np.testing.assert_allclose(found.vector[row], expected, atol=1e-5)


@ASKS
def test_weights_sum_to_one_and_padding_has_none(log, batch, asks):
    """In both levels."""
    found = query_of(log, asks).attend(batch, batch.chosen())
    torch.testing.assert_close(found.items.sum(1), torch.ones(400))
    torch.testing.assert_close(found.fields.sum(1), torch.ones(len(found.chosen.rows)))
    assert (found.items[:, 1:][found.chosen.items < 0] == 0).all()


@ASKS
def test_without_a_history_she_is_the_start_vector(log, asks):
    """Alone in a batch and beside others: one learned vector, and always a prediction."""
    query = query_of(log, asks)
    first = log.batch([0])
    assert (first.chosen().items < 0).all()
    torch.testing.assert_close(query(first)[0], query.start.weight[1])
    torch.testing.assert_close(query(log.batch([399, 0]))[1], query.start.weight[1])


@ASKS
def test_a_row_does_not_depend_on_its_batch(log, batch, asks):
    """Other rows, their longer histories and their order change nothing."""
    query = query_of(log, asks)
    torch.testing.assert_close(query(log.batch([399, 20, 150])), query(batch)[[399, 20, 150]])


def test_the_future_changes_nothing(log):
    """Other labels from some moment on: all that she is up to then stays, and later something moves."""
    changed = log.interactions["label"].where(log.interactions.index < 300, 1 - log.interactions["label"])
    other = av.InteractionLog(log.interactions.assign(label=changed), log.items)
    query = query_of(log)
    before, after = query(log.batch(slice(None))), query(other.batch(slice(None), log.schema))
    torch.testing.assert_close(after[:301], before[:301])
    assert not torch.allclose(after[301:], before[301:])


@ASKS
def test_every_parameter_learns(log, batch, asks):
    """A gradient reaches all of them."""
    query = query_of(log, asks)
    query(batch).square().sum().backward()
    unreached = [name for name, p in query.named_parameters() if p.grad is None or not p.grad.any()]
    assert unreached in ([], ["missing.weight"])  # no item of this shop lacks a field


def test_only_the_candidate_that_asks_matters(log, batch):
    """With a learned query she is the same for every product; otherwise she is not."""
    products = log.candidates([log.interactions["user_id"].iloc[-1]]).batch(slice(None), log.schema)
    same = query_of(log)(products)
    torch.testing.assert_close(same, same[:1].expand_as(same))
    assert not torch.allclose(*query_of(log, "candidate")(products)[:2])


def test_a_schema_of_text_only_has_no_history_to_read(log):
    """The message names the way out."""
    text = tuple(field for field in log.schema.fields if field.kind == "text")
    with pytest.raises(ValueError, match=r"schema must hold a field beside text .* shopper=\"profile\""):
        HistoryQuery(dataclasses.replace(log.schema, fields=text), 8)


def test_unknown_content_of_a_past_item_has_a_vector():
    """No tag, no price, no brand: the field's missing vector, never NaN."""
    shop = av.planted_shop(num_users=20, num_items=30, num_interactions=400)
    bare = shop.items.assign(price=float("nan"), brand=None, tags=[[] for _ in range(30)])
    log = av.InteractionLog(shop.interactions, bare)
    assert query_of(log)(log.batch(slice(None), Schema.of(log))).isfinite().all()


MODELS = [dict(shopper="history"), dict(shopper="history", asks="candidate"), dict(shopper="both")]


@pytest.mark.parametrize("options", MODELS, ids=str)
def test_a_model_with_a_history_trains_predicts_recommends_and_is_kept(log, tmp_path, options):
    """From fit to save and load; the first row has no history and a prediction all the same."""
    model = av.AttentionRecommender(log.schema, embed_dim=8, **options)
    before = av.predict(model, log)
    train, valid, _ = log.split()
    av.fit(model, train, valid, epochs=1, batch_size=64, progress=False)
    after = av.predict(model, log)
    assert np.isfinite(after).all()
    assert not np.allclose(before, after)
    model.save(tmp_path)
    loaded = av.AttentionRecommender.load(tmp_path)
    np.testing.assert_array_equal(av.predict(loaded, log), after)
    assert len(av.recommend(loaded, log, log.interactions["user_id"].iloc[0], top_k=3)) == 3


def test_what_a_model_knows_of_the_shopper(log, batch):
    """The profile, the history's vector, or both side by side."""
    made = {
        knows: av.AttentionRecommender(log.schema, embed_dim=8, shopper=knows)
        for knows in ("profile", "history", "both")
    }
    assert made["profile"].shopper(batch) is batch.profile
    both, history = made["both"].shopper, made["both"].shopper.history
    torch.testing.assert_close(both(batch), torch.cat([batch.profile, history(batch)], dim=1))
    torch.testing.assert_close(made["history"].shopper(batch), made["history"].shopper.history(batch))


def test_a_model_of_the_profile_is_what_it_was(log):
    """It has no history and no parameter for one."""
    model = av.AttentionRecommender(log.schema, embed_dim=8)
    assert model.shopper.history is None
    assert not [name for name in model.state_dict() if name.startswith("shopper")]


WRONG = [dict(shopper="past"), dict(asks="candidate"), dict(shopper="both", asks="me")]


@pytest.mark.parametrize("options", WRONG, ids=str)
def test_unknown_options_are_named(log, options):
    """A profile is asked by nobody."""
    with pytest.raises(ValueError, match=rf"^{list(options)[-1]} must be '"):
        av.AttentionRecommender(log.schema, **options)
