"""Training: it learns, it repeats itself, it survives being stopped."""

import copy
import os
import signal
import subprocess
import sys
import time
from threading import Thread

import numpy as np
import pytest
import torch
from stopped_fit import Stop, fit_two_epochs

import attnviz as av
from attnviz.recommender.checkpoint import TrainingState
from attnviz.storage import read_tensors, write_tensors

SMALL = dict(num_users=200, num_items=100, num_interactions=4000)
QUICK = dict(batch_size=256, progress=False)


@pytest.fixture(scope="module")
def parts():
    return av.planted_shop(**SMALL).split()


def make(parts, **options):
    return av.AttentionRecommender(parts[0].schema, **(dict(embed_dim=8) | options))


def flat(model) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def test_same_seed_same_parameters_twice(parts):
    """Expect bit-equal parameters and history from two runs, dropout included."""
    models = [make(parts, dropout=0.2) for _ in range(2)]
    histories = [av.fit(model, *parts[:2], epochs=2, **QUICK) for model in models]
    assert torch.equal(flat(models[0]), flat(models[1]))
    assert histories[0].equals(histories[1])


def test_the_number_of_threads_is_given_back(parts):
    """Expect torch to have as many threads after training as before, whatever happens in it."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    av.fit(make(parts), *parts[:2], epochs=1, **QUICK)
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


@pytest.mark.parametrize("keys", ["content", "field"])
def test_training_comes_near_the_best_guess_and_not_above_the_ceiling(keys):
    """Expect an AUC within .02 of the best guess from the profile, on the default shop.

    Expect neither AUC nor log-loss to be better than those of the ceiling, which knows the shoppers' labels
    in the training rows, as the model can.
    """
    train, valid, test = av.planted_shop().split()
    model = av.AttentionRecommender(train.schema, keys=keys)
    av.fit(model, train, valid, progress=False)
    labels = torch.tensor(test.interactions["label"].to_numpy())
    scores = torch.from_numpy(av.predict(model, test)).double(), torch.from_numpy(test.ceiling(train))
    auc, best_auc = (float(av.metrics.auc(score, labels)) for score in scores)
    loss, least_loss = (float(av.metrics.log_loss(score, labels)) for score in scores)
    assert test.profile_auc() - 0.02 < auc < best_auc
    assert loss > least_loss


def test_early_stopping_keeps_the_best_epoch(parts):
    """Expect a stop after `patience` epochs without a better loss, and the best epoch's parameters."""
    model = make(parts)
    history = av.fit(model, *parts[:2], epochs=60, learning_rate=0.05, patience=2, **QUICK)
    assert len(history) < 60
    assert history["valid_loss"].idxmin() == len(history) - 3
    labels = torch.tensor(parts[1].interactions["label"].to_numpy())
    loss = float(av.metrics.log_loss(torch.from_numpy(av.predict(model, parts[1])), labels))
    assert loss == pytest.approx(history["valid_loss"].min(), rel=1e-6)


def test_resume_ends_where_the_whole_run_ends(parts, tmp_path, monkeypatch):
    """Expect bit-equal parameters from a run that was stopped after its second epoch and resumed."""
    whole, stopped = make(parts), make(parts)
    options = dict(epochs=4, checkpoint=tmp_path / "run.safetensors", **QUICK)
    history = av.fit(whole, *parts[:2], epochs=4, **QUICK)
    fit_two_epochs(monkeypatch, stopped, *parts[:2], **options)
    resumed = make(parts)
    assert av.fit(resumed, *parts[:2], resume=True, **options).equals(history)
    assert torch.equal(flat(resumed), flat(whole))


def test_finished_training_returns_at_once(parts, tmp_path, monkeypatch, capfd):
    """Expect a finished checkpoint to give the model back without one more step, and a line without a bar.

    Finished is also what stopped early.
    """
    options = dict(epochs=2, checkpoint=tmp_path / "run.safetensors", resume=True, **QUICK)
    first, second = make(parts), make(parts)
    history = av.fit(first, *parts[:2], **options)
    monkeypatch.setattr(torch.optim.AdamW, "step", lambda *_: pytest.fail("a step was made"))
    assert av.fit(second, *parts[:2], **options).equals(history)
    assert torch.equal(flat(first), flat(second))
    assert capfd.readouterr().out == ""
    for over in (False, True):
        monkeypatch.setattr(TrainingState, "is_over", lambda _, over=over: over)
        av.fit(make(parts), *parts[:2], **options | {"progress": True})
        assert capfd.readouterr().out == "already trained; nothing left to do\n"


def test_killed_training_leaves_a_good_checkpoint(parts, tmp_path):
    """Expect a process killed in mid-training to leave a good file, and a resumed run to end as if whole."""
    path = tmp_path / "run.safetensors"
    script = (
        "import attnviz as av\n"
        f"train, valid, test = av.planted_shop(**{SMALL}).split()\n"
        "model = av.AttentionRecommender(train.schema, embed_dim=8)\n"
        "av.fit(model, train, valid, epochs=40, patience=40, batch_size=256, progress=False,"
        f" checkpoint={str(path)!r})\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script])
    while not path.exists() and process.poll() is None:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    options = dict(epochs=40, patience=40, **QUICK)
    resumed, whole = make(parts), make(parts)
    av.fit(resumed, *parts[:2], checkpoint=path, resume=True, **options)
    av.fit(whole, *parts[:2], **options)
    assert torch.equal(flat(resumed), flat(whole))


def test_checkpoint_of_another_training_is_refused(parts, tmp_path):
    """Expect an error that names what differs: options, model or data."""
    path = tmp_path / "run.safetensors"
    av.fit(make(parts), *parts[:2], epochs=1, checkpoint=path, **QUICK)
    with pytest.raises(ValueError, match="different training options"):
        av.fit(make(parts), *parts[:2], epochs=2, checkpoint=path, resume=True, **QUICK)
    with pytest.raises(ValueError, match="different model options"):
        av.fit(make(parts, keys="field"), *parts[:2], epochs=1, checkpoint=path, resume=True, **QUICK)
    with pytest.raises(ValueError, match="different train"):
        av.fit(make(parts), parts[2], parts[1], epochs=1, checkpoint=path, resume=True, **QUICK)


def with_tables(log, **tables):
    """The same log with other tables."""
    other = copy.copy(log)
    vars(other).update(tables)
    return other


def reversed_tags(log):
    tags = [list(reversed(tags)) for tags in log.items["tags"]]
    return with_tables(log, items=log.items.assign(tags=tags))


OTHER_TABLES = {
    "items": reversed_tags,
    "users": lambda log: with_tables(
        log, users=log.users.assign(user_id=log.users["user_id"].to_numpy()[::-1])
    ),
    "past": lambda log: with_tables(log, past=log.past[::-1]),
    "interactions": lambda log: with_tables(log, interactions=log.interactions[::-1]),
}


@pytest.mark.parametrize("part", ["train", "valid"])
@pytest.mark.parametrize("name", OTHER_TABLES)
def test_every_table_must_be_the_same(name, part, parts, tmp_path):
    """Expect tags, shoppers, the past or rows in another order to be another training, in either part."""
    options = dict(epochs=1, checkpoint=tmp_path / "run.safetensors", resume=True, **QUICK)
    av.fit(make(parts), *parts[:2], **options)
    changed = [OTHER_TABLES[name](log) if part == which else log for which, log in
               zip(("train", "valid"), parts, strict=False)]  # fmt: skip
    with pytest.raises(ValueError, match=rf"another training \(different {part} {name}\)"):
        av.fit(make(parts), *changed, **options)


def test_a_column_that_nothing_reads_may_change(parts, tmp_path):
    """Expect a training to go on when the items have got a column of notes."""
    options = dict(epochs=1, checkpoint=tmp_path / "run.safetensors", resume=True, **QUICK)
    history = av.fit(make(parts), *parts[:2], **options)
    noted = [with_tables(log, items=log.items.assign(notes=[{"a": 1}] * len(log.items))) for log in parts[:2]]
    assert av.fit(make(parts), *noted, **options).equals(history)


@pytest.mark.parametrize("target", ["checkpoint", "log_dir"])
def test_the_second_of_two_trainings_is_refused(target, parts, tmp_path, monkeypatch):
    """Expect the second into the same checkpoint or log to stop at once, and the first to end as if alone."""
    options, refused = {"epochs": 2, target: tmp_path / "run", **QUICK}, []
    note = TrainingState.note

    def start_another(self, row):
        with pytest.raises(BlockingIOError, match="run is being written by another training") as error:
            av.fit(make(parts), *parts[:2], **options)
        refused.append(error)
        note(self, row)

    monkeypatch.setattr(TrainingState, "note", start_another)
    model, alone = make(parts), make(parts)
    history = av.fit(model, *parts[:2], **options)
    monkeypatch.undo()
    assert len(refused) == 2
    assert av.fit(alone, *parts[:2], epochs=2, **QUICK).equals(history)
    assert torch.equal(flat(model), flat(alone))
    assert len(list(tmp_path.rglob("*tfevents*"))) == (target == "log_dir")


def test_a_second_training_that_resumes_waits_for_the_first(parts, tmp_path, monkeypatch):
    """Expect both to end with the same parameters, trained once: as two chapters that need one model."""
    options = dict(epochs=2, checkpoint=tmp_path / "run", resume=True, **QUICK)
    models, threads, note, epochs = [make(parts), make(parts)], [], TrainingState.note, []

    def note_and_start_another(self, row):
        epochs.append(row["epoch"])
        if not threads:
            threads.append(Thread(target=av.fit, args=(models[1], *parts[:2]), kwargs=options))
            threads[0].start()
        note(self, row)

    monkeypatch.setattr(TrainingState, "note", note_and_start_another)
    av.fit(models[0], *parts[:2], **options)
    threads[0].join()
    assert epochs == [0, 1]
    assert torch.equal(flat(models[0]), flat(models[1]))


@pytest.mark.parametrize("wrong", ["a key", "a shape", "a kind"])
def test_a_checkpoint_without_a_state_is_refused(wrong, parts, tmp_path):
    """Expect a file that fits by its fingerprint, but holds no state, to be named, with what to do."""
    path = tmp_path / "run.safetensors"
    options = dict(epochs=1, checkpoint=path, resume=True, **QUICK)
    av.fit(make(parts), *parts[:2], **options)
    tensors, described = read_tensors(path)
    if wrong == "a key":
        del described["values"]["groups"]
    elif wrong == "a kind":
        described["values"] = [1, 2]
    else:
        tensors["model.head.weight"] = torch.ones(3)
    write_tensors(path, tensors, described)
    with pytest.raises(
        ValueError, match=r"checkpoint .*run\.safetensors holds no state .* delete it and train"
    ):
        av.fit(make(parts), *parts[:2], **options)


def test_damaged_checkpoint_is_refused(parts, tmp_path):
    """Expect a truncated file never to be read as good."""
    path = tmp_path / "run.safetensors"
    av.fit(make(parts), *parts[:2], epochs=1, checkpoint=path, **QUICK)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match="is damaged"):
        av.fit(make(parts), *parts[:2], epochs=1, checkpoint=path, resume=True, **QUICK)


def test_weight_log_is_read_back(parts, tmp_path):
    """Expect a row every log_every steps, a column a field, rows that sum to 1; and the epochs' scalars."""
    model = make(parts)
    history = av.fit(model, *parts[:2], epochs=3, log_dir=tmp_path, log_every=5, **QUICK)
    frame = av.read_weights(tmp_path)
    steps = 3 * -(-len(parts[0]) // 256)
    assert frame.columns.tolist() == ["step", *model.fields]
    assert frame["step"].tolist() == list(range(0, steps, 5))
    np.testing.assert_allclose(frame[list(model.fields)].sum(axis=1), 1, atol=1e-5)
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(tmp_path)).Reload()
    logged = [entry.value for entry in events.Scalars("valid/auc")]
    np.testing.assert_allclose(logged, history["valid_auc"], rtol=1e-6)


def test_the_log_of_a_stopped_and_resumed_training_is_whole(parts, tmp_path, monkeypatch, capfd):
    """Expect each step and epoch once, resumed in the middle or called again when over; no warning."""
    options = dict(epochs=3, checkpoint=tmp_path / "run.safetensors", log_every=5, resume=True, **QUICK)
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    av.fit(make(parts), *parts[:2], log_dir=whole, **{**options, "checkpoint": None})
    note = TrainingState.note

    def stop_in_the_second(self, row):
        if row["epoch"] == 1:
            raise Stop
        note(self, row)

    monkeypatch.setattr(TrainingState, "note", stop_in_the_second)
    with pytest.raises(Stop):
        av.fit(make(parts), *parts[:2], log_dir=stopped, **options)
    monkeypatch.undo()
    for _ in range(2):
        av.fit(make(parts), *parts[:2], log_dir=stopped, **options)
    assert av.read_weights(stopped).equals(av.read_weights(whole))
    assert capfd.readouterr().err == ""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = [EventAccumulator(str(folder)).Reload().Scalars("valid/auc") for folder in (stopped, whole)]
    logged = [sorted((entry.step, entry.value) for entry in entries) for entries in events]
    assert logged[0] == logged[1]
    assert len(logged[0]) == 3


@pytest.mark.parametrize(
    "option",
    [
        dict(epochs=0),
        dict(epochs=1.5),
        dict(batch_size=0),
        dict(batch_size=True),
        dict(learning_rate=-1.0),
        dict(learning_rate=0),
        dict(learning_rate=float("nan")),
        dict(learning_rate="fast"),
        dict(weight_decay=-1e-4),
        dict(weight_decay=float("inf")),
        dict(clip_norm=0),
        dict(clip_norm=float("nan")),
        dict(loss="hinge"),
        dict(patience=0),
        dict(seed=1.5),
        dict(seed="today"),
        dict(log_every=0),
        dict(num_threads=0),
    ],
)
def test_options_out_of_range(option, parts):
    """Expect a ValueError that names the option."""
    with pytest.raises(ValueError, match=f"^{next(iter(option))}"):
        av.fit(make(parts), *parts[:2], progress=False, **option)


def test_one_class_only(parts):
    """Expect a ValueError that names the log."""
    rows = parts[0].interactions
    positives = parts[0].with_interactions(rows[rows["label"] == 1])
    with pytest.raises(ValueError, match="^train must hold labels 0 and 1"):
        av.fit(make(parts), positives, parts[1], progress=False)
