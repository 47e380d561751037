"""A model's file: what was saved is loaded, or nothing is."""

import json

import numpy as np
import pytest
import torch
from flips import POSITIONS, after_a_flip
from hypothesis import given
from safetensors.torch import save_file

import attnviz as av
from attnviz.storage import read_tensors, write_tensors


@pytest.fixture(scope="module")
def shop():
    return av.planted_shop(num_users=60, num_items=30, num_interactions=400)


@pytest.fixture(scope="module")
def model(shop):
    return av.AttentionRecommender(shop.schema, embed_dim=4, seed=1)


@pytest.fixture(scope="module")
def saved(model, tmp_path_factory):
    """The file of a model, and the model."""
    folder = tmp_path_factory.mktemp("saved")
    model.save(folder)
    return folder / "model.safetensors", model


def test_save_and_load(model, shop, tmp_path):
    """Expect the same predictions from the loaded model, and no file but its one."""
    model.save(tmp_path / "run")
    loaded = av.AttentionRecommender.load(tmp_path / "run")
    np.testing.assert_array_equal(av.predict(loaded, shop), av.predict(model, shop))
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["model.safetensors"]


def test_load_refuses_what_is_not_ours(tmp_path):
    """Expect errors that say what is missing."""
    with pytest.raises(FileNotFoundError, match="model.safetensors"):
        av.AttentionRecommender.load(tmp_path)
    save_file({"x": torch.zeros(1)}, tmp_path / "model.safetensors", metadata={"other": json.dumps({})})
    with pytest.raises(ValueError, match="was not written by"):
        av.AttentionRecommender.load(tmp_path)


WRONG = {
    "an unknown option": lambda tensors, values: values["options"].update(speed=3),
    "options of another kind": lambda tensors, values: values.update(options=[1, 2]),
    "an option of another kind": lambda tensors, values: values["options"].update(embed_dim="eight"),
    "an option with an unknown value": lambda tensors, values: values["options"].update(attention="odd"),
    "a schema of another kind": lambda tensors, values: values.update(schema="schema"),
    "an unknown entry of the schema": lambda tensors, values: values["schema"].update(colour="red"),
    "no fields": lambda tensors, values: values["schema"].pop("fields"),
    "fields of another kind": lambda tensors, values: values["schema"].update(fields=3),
    "another shape": lambda tensors, values: tensors.update({"head.weight": torch.ones(3)}),
    "a parameter too many": lambda tensors, values: tensors.update(more=torch.ones(3)),
    "a parameter too few": lambda tensors, values: tensors.pop("head.weight"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_model_that_does_not_fit_its_own_description(wrong, model, tmp_path):
    """Expect a ValueError with the file and what to do, not the error of JSON, Python or torch."""
    model.save(tmp_path)
    tensors, values = read_tensors(tmp_path / "model.safetensors")
    WRONG[wrong](tensors, values)
    write_tensors(tmp_path / "model.safetensors", tensors, values)
    with pytest.raises(
        ValueError, match=r"model\.safetensors holds options, a schema .* save the model again"
    ):
        av.AttentionRecommender.load(tmp_path)


@given(POSITIONS)
def test_a_flipped_bit_is_an_error_or_changes_nothing(saved, position):
    """Expect the file's name and a cure, or the model that was saved."""
    path, model = saved
    found, error = after_a_flip(path, position, lambda: av.AttentionRecommender.load(path.parent))
    if error:
        assert "model.safetensors" in error
        assert "restore it from a copy" in error
    else:
        assert found.options == model.options
        assert found.schema == model.schema
        assert all(torch.equal(*pair) for pair in zip(found.parameters(), model.parameters(), strict=True))
