"""The log of the weights is read back whole, or says what is missing."""

from pathlib import Path

import pytest
import torch
from flips import POSITIONS, after_a_flip
from hypothesis import given

import attnviz as av
from attnviz.recommender.weight_log import WeightLog

EPOCH = dict(train_loss=0.5, valid_loss=0.5, valid_auc=0.5)


def write(folder: Path, *, first_step=0, last_step, every=5, tall=0.75, whole=True) -> Path:
    """A training of one epoch that logs its weights; its file."""
    before = set(folder.glob("*tfevents*"))
    with WeightLog(folder, ("tags", "price"), every=every, first_step=first_step) as log:
        for step in range(first_step, last_step + 1):
            log.weights(step, torch.tensor([1 - tall, tall]).view(1, 1, 1, 2))
        if whole:
            log.epoch(last_step, EPOCH)
    [file] = set(folder.glob("*tfevents*")) - before
    return file


def steps(folder: Path) -> list[int]:
    return av.read_weights(folder)["step"].tolist()


@pytest.fixture(scope="module")
def logged(tmp_path_factory) -> Path:
    """The file of a small log."""
    return write(tmp_path_factory.mktemp("log"), last_step=12)


@given(POSITIONS)
def test_a_flipped_bit_is_an_error(logged, position):
    """Expect the file's name and what to do, whichever of its bits it is: a CRC is over each."""
    found, error = after_a_flip(logged, position, lambda: av.read_weights(logged.parent))
    assert found is None
    assert f"{logged} is damaged at byte" in error
    assert "restore it from a copy" in error


def test_the_steps_of_a_lost_file_are_missing(tmp_path):
    """Expect what was there, and a warning that names the steps, for the first file and one in the middle."""
    parts = [write(tmp_path, first_step=first, last_step=first + 9) for first in (0, 10, 20)]
    assert steps(tmp_path) == [0, 5, 10, 15, 20, 25]
    content = parts[1].read_bytes()
    parts[1].unlink()
    with pytest.warns(UserWarning, match="not whole: 2 entries of steps 10 to 15 are missing"):
        assert steps(tmp_path) == [0, 5, 20, 25]
    parts[1].write_bytes(content)
    parts[0].unlink()
    with pytest.warns(UserWarning, match="not whole: the file with the steps before 10 is missing"):
        assert steps(tmp_path) == [10, 15, 20, 25]


@pytest.mark.parametrize("cut", range(1, 330, 11))
def test_a_file_that_is_cut_off_says_so(cut, logged, tmp_path):
    """Expect the whole entries that TensorBoard sees, and a warning unless the epoch is among them."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    (tmp_path / logged.name).write_bytes(logged.read_bytes()[:-cut])
    events = EventAccumulator(str(tmp_path)).Reload()
    expected = [entry.step for entry in events.Scalars("weight/price")]  # the second field of each entry
    if "train/loss" in events.Tags()["scalars"]:
        assert steps(tmp_path) == expected == [0, 5, 10]
    else:
        with pytest.warns(UserWarning, match=f"it ends within an epoch, after step {expected[-1]}"):
            assert steps(tmp_path) == expected


def test_half_an_entry_is_none(tmp_path):
    """Expect a file that ends between the first entry's two fields to hold no weights."""
    path = write(tmp_path, last_step=0, whole=False)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(FileNotFoundError, match="holds no weights"):
        av.read_weights(tmp_path)


def test_a_resumed_training_makes_up_for_what_was_cut_off(tmp_path):
    """Expect no warning: the cut-off file's missing steps are those that were done again."""
    first = write(tmp_path, last_step=9)
    second = write(tmp_path, first_step=10, last_step=17, whole=False)
    second.write_bytes(second.read_bytes()[:-5])
    write(tmp_path, first_step=10, last_step=19)
    assert first != second
    assert steps(tmp_path) == [0, 5, 10, 15]


def test_steps_that_were_not_on_disk_at_a_checkpoint_are_missing(tmp_path):
    """Expect a warning where the resumed file begins later than the first one ends."""
    write(tmp_path, last_step=9)
    write(tmp_path, first_step=20, last_step=29)
    with pytest.warns(UserWarning, match="2 entries of steps 10 to 15 are missing"):
        assert steps(tmp_path) == [0, 5, 20, 25]


def test_a_new_training_replaces_the_old_one_in_its_folder(tmp_path):
    """Expect no step of the old, longer one, nor a mixture of other steps."""
    write(tmp_path, last_step=40, tall=0.9)
    write(tmp_path, last_step=9, tall=0.5, every=3)
    found = av.read_weights(tmp_path)
    assert found["step"].tolist() == [0, 3, 6, 9]
    assert (found["price"] == 0.5).all()


def test_a_resumed_training_may_log_at_other_steps(tmp_path):
    """Expect both spacings, and no warning."""
    write(tmp_path, last_step=9)
    write(tmp_path, first_step=10, last_step=29, every=8)
    assert steps(tmp_path) == [0, 5, 16, 24]


def test_files_of_other_programs_are_left_out(tmp_path):
    """Expect event files that fit() did not write to change nothing."""
    from torch.utils.tensorboard import SummaryWriter

    write(tmp_path, last_step=9)
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_scalar("weight/tags", 7.0, 3)
    assert steps(tmp_path) == [0, 5]


def test_what_an_epoch_logged_is_on_disk_before_its_checkpoint(tmp_path):
    """Expect the weights of a whole epoch in the file while the training runs."""
    with WeightLog(tmp_path, ("tags", "price"), every=1) as log:
        log.weights(0, torch.tensor([0.25, 0.75]).view(1, 1, 1, 2))
        log.epoch(0, EPOCH)
        assert steps(tmp_path) == [0]


def test_read_weights_sorts_the_steps(tmp_path):
    """Expect the steps in order when the file of a resumed training is read before the first one's."""
    for first_step, name in ((0, "events.out.tfevents.2"), (10, "events.out.tfevents.1")):
        write(tmp_path, first_step=first_step, last_step=first_step + 9).rename(tmp_path / name)
    assert av.read_weights(tmp_path)["step"].tolist() == [0, 5, 10, 15]


def test_read_weights_errors(tmp_path):
    """Expect errors that say which folder to give."""
    with pytest.raises(FileNotFoundError, match="not a folder"):
        av.read_weights(tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="holds no weights"):
        av.read_weights(tmp_path)
