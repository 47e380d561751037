import random
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attnviz.language.encoder import TextEncoder
from attnviz.language.sentences import split_sentences

WORDS = ["soft", "warm", "zip", "broke", "late", "parcel", "great", "cheap", "the", "very"]
REVIEWS = [
    "The cotton is soft and warm.",
    "",
    "Zip broke after two weeks!",
    "¡Qué bonito! 很好 👍",
    "a",
    "The parcel was late, the box was torn, and nobody answered, " * 20,
]


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory):
    """A BERT of two small layers with random weights, and a vocabulary of ten words."""
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    BertTokenizerFast(vocab={word: i for i, word in enumerate(vocabulary)}).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
    )
    BertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture
def tiny(tiny_folder, tmp_path):
    return TextEncoder(tiny_folder, cache_dir=tmp_path, max_length=16, batch_size=4, progress=False)


@pytest.fixture
def count_forward():
    """Counts how many texts went through a BERT."""
    from transformers import BertModel

    seen = []

    def hook(module, inputs, output):
        if isinstance(module, BertModel):
            seen.append(len(output.last_hidden_state))

    handle = torch.nn.modules.module.register_module_forward_hook(hook)
    yield lambda: sum(seen)
    handle.remove()


def shards(folder):
    return sorted(folder.rglob("*.safetensors"))


# --- the vectors


def test_minilm_equals_sentence_transformers(tmp_path):
    """The vectors are those of sentence-transformers itself, to 1e-4, whatever the text."""
    sentence_transformers = pytest.importorskip("sentence_transformers")
    encoder = TextEncoder("minilm", cache_dir=tmp_path, progress=False)
    reference = sentence_transformers.SentenceTransformer(str(encoder.folder), device="cpu")
    reference.max_seq_length = encoder.max_length
    expected = reference.encode(REVIEWS, normalize_embeddings=True)
    np.testing.assert_allclose(encoder.encode(REVIEWS), expected, atol=1e-4)


def test_a_decoder_gives_the_mean_of_its_last_layer_whatever_the_batch(tmp_path):
    """SmolLM2, whose tokenizer adds nothing to a text: not even to the empty one, which has a vector too."""
    texts = ["soft cotton", "", "The zip broke after two days, and I sent it back.", "warm"]
    encoder = TextEncoder("smollm2", cache_dir=tmp_path / "batch", progress=False)
    one_by_one = TextEncoder("smollm2", cache_dir=tmp_path / "one", progress=False, batch_size=1)
    one_by_one._model = encoder._model
    vectors = encoder.encode(texts)
    np.testing.assert_allclose(vectors, one_by_one.encode(texts), atol=1e-5)
    ids = torch.tensor([encoder._tokenizer(texts[0])["input_ids"]])
    with torch.inference_mode():
        mean = encoder._model(ids).last_hidden_state[0].mean(0)
    np.testing.assert_allclose(vectors[0], (mean / mean.norm()).numpy(), atol=1e-5)
    assert vectors.shape == (4, encoder.dim) == (4, 576)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_nothing_is_asked_from_the_network(tmp_path, monkeypatch):
    """Encoding works with every connection refused."""

    def refuse(*args, **kwargs):
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert TextEncoder("minilm", cache_dir=tmp_path, progress=False).encode(["warm"]).shape == (1, 384)


def test_dim_does_not_load_the_model():
    """The length of a vector is known without importing transformers."""
    code = (
        "import sys; from attnviz.language import TextEncoder; assert TextEncoder('minilm').dim == 384; "
        "assert 'transformers' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_shape_dtype_and_length(tiny):
    """One float32 row a text, each of length 1."""
    vectors = tiny.encode(["soft", "warm zip"])
    assert vectors.shape == (2, tiny.dim)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


def test_no_texts(tiny):
    """No text gives no row, but still dim columns."""
    assert tiny.encode([]).shape == (0, tiny.dim)


def test_empty_and_broken_text(tiny):
    """The empty text and half an emoji have finite vectors."""
    assert np.isfinite(tiny.encode(["", "\ud83d", "soft \udc4d"])).all()


def test_long_text_is_cut(tiny):
    """Only the first max_length tokens count, the two special ones included."""
    vectors = tiny.encode(["soft " * 14, "soft " * 14 + "late"])
    np.testing.assert_array_equal(vectors[0], vectors[1])


def test_the_tokenizer_gets_no_megabytes(tiny, monkeypatch):
    """Of a text of megabytes it reads 1,000 characters a token; the vector is that of the beginning."""
    tokenizer, given_lengths = tiny._tokenizer, []

    class Listening:
        pad = tokenizer.pad
        pad_token_id = tokenizer.pad_token_id

        def __call__(self, texts, **options):
            given_lengths.extend(map(len, texts))
            return tokenizer(texts, **options)

    monkeypatch.setitem(vars(tiny), "_tokenizer", Listening())
    long, short = tiny.encode(["soft " * 10**6, "soft " * 100])
    assert max(given_lengths) == 16 * 1000
    np.testing.assert_allclose(long, short, atol=1e-5)


def test_duplicates_are_encoded_once(tiny, count_forward):
    """Five rows of two texts cost two forward passes, and equal texts get equal rows."""
    vectors = tiny.encode(["soft", "warm", "soft", "soft", "warm"])
    assert count_forward() == 2
    np.testing.assert_array_equal(vectors[[0, 0, 0]], vectors[[0, 2, 3]])


@given(
    texts=st.lists(st.lists(st.sampled_from(WORDS), max_size=20).map(" ".join), min_size=1), data=st.data()
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_order_and_batch_do_not_matter(tiny_folder, tmp_path_factory, texts, data):
    """Other order, other batch size: the same vector for the same text."""
    shuffled = data.draw(st.permutations(range(len(texts))))

    def encode(texts, batch_size):
        folder = tmp_path_factory.mktemp("cache")
        options = {"max_length": 16, "progress": False, "cache_dir": folder, "batch_size": batch_size}
        return TextEncoder(tiny_folder, **options).encode(texts)

    reference = encode(texts, 1)
    np.testing.assert_allclose(encode([texts[i] for i in shuffled], 7), reference[shuffled], atol=1e-5)


# --- the cache


def test_second_encoder_reads_the_first_ones_vectors(tiny, tiny_folder, tmp_path, count_forward):
    """A later process finds every vector on disk and never loads the model."""
    first = tiny.encode(WORDS)
    again = TextEncoder(tiny_folder, cache_dir=tmp_path, max_length=16, progress=False)
    np.testing.assert_array_equal(again.encode(WORDS[::-1]), first[::-1])
    assert count_forward() == len(WORDS)


def test_another_max_length_is_another_vector(tiny, tiny_folder, tmp_path):
    """What a vector depends on is part of its place in the cache."""
    text = "soft warm late parcel"
    long = tiny.encode([text])
    short = TextEncoder(tiny_folder, cache_dir=tmp_path, max_length=3, progress=False).encode([text])
    assert np.abs(long - short).max() > 1e-3


def test_other_weights_are_other_vectors(tiny, tiny_folder, tmp_path):
    """A model that was trained further in the same folder does not get the old vectors."""
    import shutil

    from transformers import BertModel

    folder = shutil.copytree(tiny_folder, tmp_path / "model")
    before = TextEncoder(folder, cache_dir=tmp_path, max_length=16, progress=False).encode(["soft"])
    model = BertModel.from_pretrained(folder)
    torch.nn.init.normal_(model.embeddings.word_embeddings.weight)
    model.save_pretrained(folder)
    after = TextEncoder(folder, cache_dir=tmp_path, max_length=16, progress=False).encode(["soft"])
    assert np.abs(before - after).max() > 1e-3


def test_cache_dir_comes_from_the_environment(tiny_folder, tmp_path, monkeypatch):
    """ATTNVIZ_CACHE says where vectors are kept."""
    monkeypatch.setenv("ATTNVIZ_CACHE", str(tmp_path / "elsewhere"))
    TextEncoder(tiny_folder, max_length=16, progress=False).encode(["soft"])
    assert len(shards(tmp_path / "elsewhere")) == 1


@pytest.mark.parametrize("damage", ["truncated", "flipped", "emptied"])
def test_damaged_shard_is_reported_and_made_again(tiny, tiny_folder, tmp_path, damage):
    """A shard that is not what was written is never read as good."""
    expected = tiny.encode(WORDS)
    [shard] = shards(tmp_path)
    content = bytearray(shard.read_bytes())
    content[-1] ^= 1
    shard.write_bytes({"truncated": content[:-20], "flipped": content, "emptied": b""}[damage])
    again = TextEncoder(tiny_folder, cache_dir=tmp_path, max_length=16, progress=False)
    with pytest.warns(UserWarning, match="is damaged"):
        np.testing.assert_allclose(again.encode(WORDS), expected, atol=1e-6)
    np.testing.assert_array_equal(
        TextEncoder(tiny_folder, cache_dir=tmp_path, max_length=16).encode(WORDS), again.encode(WORDS)
    )


def start_writer(folder, cache_dir, seed):
    """A process that encodes and writes without end, one shard a call, and prints after each."""
    code = f"""
import random
from attnviz.language import TextEncoder
encoder = TextEncoder({str(folder)!r}, cache_dir={str(cache_dir)!r}, max_length=16, progress=False)
words = random.Random({seed})
while True:
    encoder.encode([" ".join(words.choices({WORDS!r}, k=10)) for _ in range(20)])
    print("written", flush=True)
"""
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def kill_after(writers, lines):
    for writer in writers:
        for _ in range(lines):
            assert writer.stdout.readline() == "written\n"
    time.sleep(0.01)
    for writer in writers:
        writer.kill()
        writer.wait()
        writer.stdout.close()


def test_killed_writers_leave_a_good_cache(tiny_folder, tmp_path, count_forward, recwarn):
    """Two processes write into one cache and are killed while they do: all that they wrote reads well."""
    writers = [start_writer(tiny_folder, tmp_path / "shared", seed) for seed in (1, 2)]
    kill_after(writers, lines=5)
    options = {"max_length": 16, "progress": False}
    generators = [random.Random(seed) for seed in (1, 2)]
    texts = [" ".join(words.choices(WORDS, k=10)) for words in generators for _ in range(5 * 20)]
    found = TextEncoder(tiny_folder, cache_dir=tmp_path / "shared", **options).encode(texts)
    assert count_forward() == 0
    assert not [warning for warning in recwarn if "damaged" in str(warning.message)]
    fresh = TextEncoder(tiny_folder, cache_dir=tmp_path / "fresh", **options).encode(texts)
    np.testing.assert_allclose(found, fresh, atol=1e-5)


def test_killed_while_encoding_keeps_what_was_done(tiny_folder, tmp_path):
    """One long call writes shard by shard: a kill in the middle loses only the last one."""
    code = f"""
import itertools
from attnviz.language import TextEncoder
options = {{"cache_dir": {str(tmp_path)!r}, "max_length": 16, "progress": False}}
encoder = TextEncoder({str(tiny_folder)!r}, **options)
texts = itertools.product({WORDS!r}, repeat=6)
encoder.encode([" ".join(words) for words in itertools.islice(texts, 300_000)])
"""
    writer = subprocess.Popen([sys.executable, "-c", code])
    deadline = time.monotonic() + 120
    while len(shards(tmp_path)) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    writer.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    assert writer.wait() != 0
    assert len(shards(tmp_path)) >= 2


# --- wrong use


@pytest.mark.parametrize("wrong", [None, float("nan"), b"soft", 3])
def test_not_a_str_names_the_index(tiny, wrong):
    """The message says which text is no text."""
    with pytest.raises(TypeError, match=r"texts\[1\] must be str"):
        tiny.encode(["soft", wrong])


def test_one_str_is_not_a_list(tiny):
    """A lone str would be read as a list of letters."""
    with pytest.raises(TypeError, match=r"write \[text\]"):
        tiny.encode("soft")


@pytest.mark.parametrize("name", ["minlm", "no-such/model", "", "not a name at all!"])
def test_unknown_name(name):
    """The message says which names there are and what a folder must hold."""
    with pytest.raises(LookupError, match=r"'minilm'.*config.json.*safetensors"):
        TextEncoder(name)


def test_folder_with_pickled_weights_only(tiny_folder, tmp_path):
    """Weights in a pickle are refused before anything is loaded."""
    (tmp_path / "config.json").write_bytes((tiny_folder / "config.json").read_bytes())
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(LookupError, match=r"has no \*\.safetensors"):
        TextEncoder(tmp_path)


@pytest.mark.parametrize("options", [{"batch_size": 0}, {"max_length": 2}, {"max_length": 33}])
def test_option_out_of_range(tiny_folder, options):
    """The message names the option."""
    with pytest.raises(ValueError, match=next(iter(options))):
        TextEncoder(tiny_folder, **options)


# --- sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n ", []),
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("No stop", ["No stop"]),
        ("Wait... what?!  Yes.", ["Wait...", "what?!", "Yes."]),
        ("Line one\nline two\r\nline three", ["Line one", "line two", "line three"]),
        ("Soft<br/>warm<BR>big<br />small", ["Soft", "warm", "big", "small"]),
        ("<p>Nice <b>wo</b>ol.</p><ul><li>warm<li>soft</ul>", ["Nice wool.", "warm", "soft"]),
        ("It&#39;s soft &amp; warm &lt;3", ["It's soft & warm <3"]),
        ("I <3 it, 5 < 6 and 7 > 6", ["I <3 it, 5 < 6 and 7 > 6"]),
        ('He said "no." Then he left.', ['He said "no."', "Then he left."]),
        ("A 3.5 mm plug. Fits", ["A 3.5 mm plug.", "Fits"]),
        ("Bad . . . very bad !", ["Bad .", "very bad !"]),
    ],
)
def test_split_sentences(text, expected):
    """The plain rule, case by case."""
    assert split_sentences(text) == expected


@given(st.text(alphabet="ab .!?\n<>/\"')&;", max_size=60))
def test_sentences_are_plain(text):
    """No sentence is empty, padded or nothing but full stops, and none holds a line break."""
    sentences = split_sentences(text)
    for sentence in sentences:
        assert sentence == sentence.strip()
        assert "\n" not in sentence
        assert sentence.strip(".!? ")


def test_hostile_text_takes_linear_time():
    """A hundred thousand open tags are no more than text (a quadratic rule would hang here)."""
    assert len(split_sentences("<a" * 100_000)) == 1
    assert len(split_sentences("<!--" * 100_000 + " " * 100_000 + ".")) == 1
