"""What a training makes small: choices among their negatives, beside a constant and counting."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score
from stopped_fit import fit_two_epochs
from torch.nn import functional as F

import attnviz as av
from attnviz.data import popularity
from attnviz.metrics import calibrate_constant
from attnviz.recommender.losses import choice_auc, choice_loss, make_loss, shelf_of_choices
from attnviz.recommender.plan import LEAST_STEPS, Plan, steps_for
from attnviz.recommender.predict import logits_of

GROUPS = st.lists(st.integers(0, 4), min_size=1, max_size=6)
QUICK = dict(epochs=2, batch_size=16, progress=False)


def laid_out(num_negatives: list[int], seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits and labels of choices with so many negatives."""
    labels = torch.cat([torch.tensor([1] + [0] * number) for number in num_negatives])
    return torch.randn(len(labels), generator=torch.Generator().manual_seed(seed)), labels


def choices(num_users: int = 60, num_items: int = 12, num_rows: int = 300) -> av.InteractionLog:
    """Choices in which an item's price says how often it is taken."""
    rng = np.random.default_rng(0)
    shares = np.arange(1, num_items + 1) ** 2
    rows = pd.DataFrame({
        "user_id": rng.integers(0, num_users, num_rows),
        "item_id": rng.choice(num_items, num_rows, p=shares / shares.sum()),
        "timestamp": pd.date_range("2025-01-01", periods=num_rows, freq="6h"),
    })  # fmt: skip
    items = pd.DataFrame({"item_id": range(num_items), "price": range(1, num_items + 1)})
    return av.InteractionLog(rows, items, implicit=True)


@pytest.fixture(scope="module")
def parts() -> tuple[av.InteractionLog, av.InteractionLog]:
    """Choices with negatives to learn from, and choices alone."""
    train, valid, _ = choices().split(fractions=(0.6, 0.2, 0.2))
    return train.sample_negatives(6), valid


def make(parts, **options) -> av.AttentionRecommender:
    return av.AttentionRecommender(parts[0].schema, **(dict(embed_dim=4) | options))


@given(GROUPS, st.integers(0, 3))
def test_the_loss_is_the_cross_entropy_of_each_choice(num_negatives, seed):
    """As torch has it, choice by choice; and so are its gradients, and the AUC as scikit-learn has it."""
    logits, labels = laid_out(num_negatives, seed)
    logits.requires_grad_()
    pieces = logits.split([1 + number for number in num_negatives])
    expected = torch.stack([F.cross_entropy(piece[None], torch.tensor([0])) for piece in pieces]).mean()
    found = choice_loss(logits, labels)
    torch.testing.assert_close(found, expected)
    gradients = [torch.autograd.grad(loss, logits)[0] for loss in (found, expected)]
    torch.testing.assert_close(*gradients)
    for value, piece, number in zip(choice_auc(logits.detach(), labels), pieces, num_negatives, strict=True):
        if number:
            assert value.item() == pytest.approx(roc_auc_score([1] + [0] * number, piece.detach()))
        else:
            assert value.isnan()


def test_a_constant_in_the_logits_of_a_choice_is_free():
    """Expect the loss to stay where each choice and its negatives are raised by a number of their own."""
    logits, labels = laid_out([3, 0, 5])
    raised = logits + torch.tensor([2.0, -7.0, 11.0]).repeat_interleave(torch.tensor([4, 1, 6]))
    torch.testing.assert_close(choice_loss(raised, labels), choice_loss(logits, labels))


def test_a_step_reads_whole_choices(parts):
    """Expect the rows of some choices, in the order asked for, each followed by its own negatives."""
    aim = make_loss(None, *parts, seed=0)
    rows = parts[0].interactions
    units = torch.tensor([5, 0, 17])
    expected = []
    for unit in units.tolist():
        first = np.flatnonzero(rows["label"] == 1)[unit]
        expected.append(first)
        while (first := first + 1) < len(rows) and rows["label"][first] == 0:
            expected.append(first)
    assert aim.rows(units).tolist() == expected
    assert sorted(aim.rows(torch.randperm(aim.number)).tolist()) == list(range(len(rows)))


def test_the_loss_follows_the_log(parts):
    """Expect choices of an implicit log, rows of another, and what was asked for in any case."""
    shop = av.planted_shop(num_users=40, num_items=12, num_interactions=120).split()[:2]
    negatives = parts[0], parts[1].sample_negatives(2)
    for logs, asked, name in (
        (parts, None, "softmax"), (negatives, "binary", "binary"), (shop, None, "binary"),
    ):  # fmt: skip
        assert make_loss(asked, *logs, seed=0).name == name


def test_rows_that_are_no_choices_are_refused(parts):
    """Expect an error that names the log and the row: another user, another time, or a negative first."""
    train, valid = parts
    rows = train.interactions
    other_user = rows.assign(user_id=rows["user_id"].where(rows.index != 3, "nobody"))
    later = rows["timestamp"].where(rows.index != 3, rows["timestamp"] + pd.Timedelta(1, "D"))
    for wrong, row in ((other_user, 3), (rows.assign(timestamp=later), 3), (rows.iloc[1:], 0)):
        with pytest.raises(ValueError, match=rf"^train must be choices, .* row {row} has label 0"):
            av.fit(make(parts), train.with_interactions(wrong), valid, progress=False)
        with pytest.raises(ValueError, match=rf"^valid must be choices, .* row {row} has label 0"):
            av.fit(make(parts), train, train.with_interactions(wrong), progress=False)
    with pytest.raises(ValueError, match="^train must hold labels 0 and 1.* sample_negatives"):
        av.fit(make(parts), valid, valid, progress=False)
    with pytest.raises(ValueError, match="^loss must be one of"):
        av.fit(make(parts), train, valid, loss="hinge", progress=False)


def test_choices_alone_stand_beside_the_whole_shelf(parts):
    """Expect all items that the user has not taken by then; bounded, fewer items and choices."""
    valid = parts[1]
    whole = shelf_of_choices(valid).interactions
    known = valid.past[valid.past["timestamp"] <= valid.interactions["timestamp"].max()]
    owned = known.groupby("user_id")["item_id"].agg(set)
    blocks = [block for _, block in whole.groupby((whole["label"] == 1).cumsum())]
    assert len(blocks) == len(valid)
    for block, choice in zip(blocks, valid.interactions.itertuples(), strict=True):
        assert block["item_id"].iloc[0] == choice.item_id
        beside = set(valid.items["item_id"]) - owned[choice.user_id]
        assert sorted(block["item_id"].iloc[1:]) == sorted(beside)
    few = shelf_of_choices(valid, items=3, rows=30, seed=1).interactions
    assert (few["label"] == 1).sum() == 10
    assert (few["label"] == 0).groupby((few["label"] == 1).cumsum()).sum().max() == 3


def test_the_table_says_what_chance_and_counting_reach(parts):
    """Expect the log of the number of items as the loss by chance, and the AUC of 90 days of counts."""
    history = av.fit(make(parts), *parts, **QUICK)
    valid = shelf_of_choices(parts[1])
    labels = valid.interactions["label"].to_numpy()
    choice = np.cumsum(labels) - 1
    assert set(history["constant_loss"].round(5)) == {round(np.log(np.bincount(choice)).mean(), 5)}
    counts = popularity(valid, days=90)
    aucs = [
        roc_auc_score(labels[choice == one], counts[choice == one])
        for one in range(choice.max() + 1) if (choice == one).sum() > 1
    ]  # fmt: skip
    assert history["popularity_auc"].iloc[0] == pytest.approx(np.mean(aucs), abs=1e-6)


def test_the_table_of_labels_says_what_a_constant_reaches():
    """Expect the log-loss of the training share, the AUC of counting, and NaN without times."""
    train, valid, _ = av.planted_shop(num_users=60, num_items=20, num_interactions=600).split()
    row = av.fit(make((train,)), train, valid, progress=False, epochs=1).iloc[0]
    labels, share = valid.interactions["label"], train.interactions["label"].mean()
    expected = -np.where(labels == 1, np.log(share), np.log(1 - share)).mean()
    assert row["constant_loss"] == pytest.approx(expected, rel=1e-5)
    counted = roc_auc_score(labels, popularity(valid, days=90))
    assert row["popularity_auc"] == pytest.approx(counted, abs=1e-6)
    rows = train.interactions.drop(columns="timestamp").drop_duplicates(["user_id", "item_id"])
    timeless = av.InteractionLog(rows, train.items).split("row")
    row = av.fit(make(timeless), *timeless[:2], progress=False, epochs=1).iloc[0]
    assert math.isnan(row["popularity_auc"])


def test_a_softmax_probability_is_one_among_the_validation_rows(parts):
    """Expect the mean over the shelf to be the share of choices there, and the order to be the logits'."""
    model = make(parts)
    history = av.fit(model, *parts, **QUICK)
    shelf = shelf_of_choices(parts[1])
    labels = shelf.interactions["label"]
    probabilities = av.predict(model, shelf)
    assert probabilities.mean() == pytest.approx(labels.mean(), rel=1e-4)
    loss = choice_loss(logits_of(model, shelf), torch.tensor(labels.to_numpy()))
    assert loss.item() == pytest.approx(history["valid_loss"].min(), rel=1e-5)


def test_the_binary_loss_leaves_the_bias_alone(parts):
    """Expect the bias of a model of labels to be what its gradient made of it."""
    train, valid, _ = av.planted_shop(num_users=60, num_items=20, num_interactions=600).split()
    aim = make_loss(None, train, valid, seed=0)
    model = make((train,))
    before = model.head.bias.clone()
    aim.settle(model, logits_of(model, valid))
    assert torch.equal(model.head.bias, before)


@given(st.lists(st.floats(-30, 30), min_size=2, max_size=20), st.integers(1, 19))
def test_a_constant_makes_the_mean_probability_the_share(logits, ones):
    """Expect the mean of the probabilities to be the share of label 1, whatever the logits."""
    logits = torch.tensor(logits, dtype=torch.float64)
    labels = (torch.arange(len(logits)) < min(ones, len(logits) - 1)).long()
    constant = calibrate_constant(logits, labels)
    assert torch.sigmoid(logits + constant).mean().item() == pytest.approx(labels.double().mean().item())


def test_a_constant_needs_both_labels():
    """Expect a ValueError: no constant gives a mean probability of 0 or 1."""
    for labels in ([0, 0], [1, 1]):
        with pytest.raises(ValueError, match="labels hold 0 and 1"):
            calibrate_constant(torch.zeros(2), torch.tensor(labels))
    with pytest.raises(ValueError, match="^logits must be finite"):
        calibrate_constant(torch.tensor([0.0, math.inf]), torch.tensor([0, 1]))


def test_resumed_choices_end_where_a_whole_run_ends(parts, tmp_path, monkeypatch):
    """Expect bit-equal parameters and tables after a stop at the second epoch, bias included."""
    options = dict(epochs=4, batch_size=16, progress=False)
    whole, resumed = make(parts, dropout=0.2), make(parts, dropout=0.2)
    history = av.fit(whole, *parts, **options)
    fit_two_epochs(monkeypatch, make(parts, dropout=0.2), *parts, checkpoint=tmp_path / "run", **options)
    again = av.fit(resumed, *parts, checkpoint=tmp_path / "run", resume=True, **options)
    assert again.equals(history)
    assert all(torch.equal(one, other) for one, other in zip(
        whole.state_dict().values(), resumed.state_dict().values(), strict=True))  # fmt: skip


@pytest.mark.parametrize("option", [dict(loss="binary"), dict(clip_norm=0.5), dict(weight_decay=0.3)])
def test_a_checkpoint_belongs_to_its_loss(option, parts, tmp_path):
    """Expect another loss, limit of the gradient or decay to be another training."""
    logs = parts[0], parts[1].sample_negatives(2)
    options = dict(checkpoint=tmp_path / "run", resume=True, **QUICK)
    av.fit(make(parts), *logs, **options)
    with pytest.raises(ValueError, match="different training options"):
        av.fit(make(parts), *logs, **options, **option)


def test_a_long_gradient_is_cut(parts, monkeypatch):
    """Expect no gradient to be longer than the limit in any step of a softmax, and some to be cut."""
    norms = []
    step = torch.optim.AdamW.step

    def note_and_step(self, *arguments):
        gradients = [one.grad.flatten() for group in self.param_groups for one in group["params"]
                     if one.grad is not None]  # fmt: skip
        norms.append(torch.cat(gradients).norm().item())
        return step(self, *arguments)

    monkeypatch.setattr(torch.optim.AdamW, "step", note_and_step)
    av.fit(make(parts), *parts, **QUICK)
    free, norms[:] = list(norms), []
    av.fit(make(parts), *parts, clip_norm=0.01, **QUICK)
    assert max(free) <= 1.0001
    assert max(norms) == pytest.approx(0.01, rel=1e-3)


@given(st.integers(1, 10**6), st.sampled_from(["binary", "softmax"]))
def test_steps_follow_from_the_rows(number, loss):
    """Expect a power of two next to a hundredth within its limits, and 200 steps at least."""
    steps = steps_for(number, loss)
    batch, most = steps["batch_size"], 1024 if loss == "binary" else 256
    powers = [2**power for power in range(5, 11) if 2**power <= most]
    assert abs(batch - number / 100) == min(abs(power - number / 100) for power in powers)
    assert steps["epochs"] * math.ceil(number / batch) >= LEAST_STEPS


def test_what_is_given_is_kept():
    """Expect an option to follow from the rows only where it is None."""
    given = dict(epochs=None, batch_size=7, learning_rate=0.1, weight_decay=0.0, clip_norm=None, patience=3,
                 seed=0)  # fmt: skip
    assert Plan.of(9000, "softmax", **given) == Plan("softmax", 5, 7, 0.1, 0.0, 1.0, 3, 0)
    assert Plan.of(9000, "binary", **given) == Plan("binary", 10, 7, 0.1, 0.0, math.inf, 3, 0)


@pytest.mark.parametrize("number", [40, 2371])
def test_a_training_with_few_rows_moves(number):
    """Expect the model to tell planted training rows apart better than a constant does.

    With one batch of 1,024, as every training had once, it does not, and says so.
    """
    shop = av.planted_shop(num_users=100, num_items=100, num_interactions=5000)
    rows = shop.interactions
    train, valid = shop.with_interactions(rows.iloc[:number]), shop.with_interactions(rows.iloc[-1000:])
    labels = torch.tensor(train.interactions["label"].to_numpy())
    constant = av.metrics.log_loss(torch.full((number,), float(labels.double().mean())), labels)
    losses = []
    for options in ({}, dict(batch_size=1024, epochs=10)):
        model = make((shop,), embed_dim=16)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            av.fit(model, train, valid, progress=False, **options)
        losses.append(av.metrics.log_loss(torch.from_numpy(av.predict(model, train)), labels))
    assert losses[0] < constant - 0.02
    assert losses[0] < losses[1] - 0.02
    if number == 40:
        assert any("no better than a constant" in str(one.message) for one in caught)


def test_a_useless_model_says_so(parts, capsys):
    """Expect a warning where the loss is that of chance, and a line that counting does as well.

    The line, but not the warning, is kept back without progress. A model of zeros that hardly moves is one.
    """
    for progress in (True, False):
        model = make(parts)
        for parameter in model.parameters():
            torch.nn.init.zeros_(parameter)
        with pytest.warns(UserWarning, match="no better than a constant: after .* steps.*leave out epochs"):
            av.fit(model, *parts, **QUICK | dict(learning_rate=1e-12, progress=progress))
        assert ("counting the last 90 days orders the validation rows" in capsys.readouterr().out) == progress


def test_a_good_model_is_quiet(parts, capsys):
    """Expect no warning from a model that has learned which items are taken."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = av.fit(make(parts, embed_dim=8), *parts, progress=False)
    assert history["valid_loss"].min() < history["constant_loss"].iloc[0] - 0.1
    assert capsys.readouterr().out == ""
