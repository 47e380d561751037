"""Texts per second of `TextEncoder` over sentence-transformers, on distinct texts and on texts as they come.

    ATTNVIZ_REAL_DATA=FOLDER python -m benchmarks text      # writes book/_results/text.csv

The texts are sentences of the Amazon reviews of 2018 (amazon2018_all_beauty in FOLDER) and of a planted shop.
Both sides run the same model in float32 with the same number of tokens, each with its own default batches.
`TextEncoder` starts with an empty cache on disk each time and fills it; `second call` finds all in the cache.
First it is checked that both sides give the same vectors.
Then the contenders take turns, and the median of the rounds counts; a ratio is the median of their ratios.
Everything runs on one thread.
"""

import os
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sentence_transformers import SentenceTransformer
from tqdm import tqdm

import attnviz as av


def real_sentences() -> list[str]:
    """The sentences of the Amazon reviews, in their order."""
    folder = os.environ.get("ATTNVIZ_REAL_DATA")
    if not folder:
        raise SystemExit("set ATTNVIZ_REAL_DATA to the folder that holds amazon2018_all_beauty")
    path = Path(folder) / "amazon2018_all_beauty" / "All_Beauty_5.json.gz"
    reviews = av.read_amazon(path, strict=False).interactions["review"]
    return [sentence for review in reviews for sentence in av.language.split_sentences(review)]


def planted_sentences() -> list[str]:
    """The sentences of a planted shop's reviews, in their order."""
    reviews = av.planted_shop(num_users=500, num_items=200, num_interactions=4000).past["review"]
    return [sentence for review in reviews for sentence in av.language.split_sentences(review)]


def check_same(texts: list[str], encoder: av.TextEncoder, peer: SentenceTransformer) -> None:
    """Stop unless both give the same vectors of length 1."""
    np.testing.assert_allclose(encoder.encode(texts), peer.encode(texts, show_progress_bar=False), atol=1e-5)


def one_round(texts: list[str], peer: SentenceTransformer, max_length: int) -> dict[str, float]:
    """Seconds of each contender; models are loaded before the clock starts."""
    with tempfile.TemporaryDirectory() as cache_dir:
        encoder = av.TextEncoder("minilm", cache_dir=cache_dir, max_length=max_length, progress=False)
        encoder.encode([""])
        runs = {
            "sentence-transformers": lambda: peer.encode(texts, show_progress_bar=False),
            "TextEncoder": lambda: encoder.encode(texts),
            "TextEncoder, second call": lambda: encoder.encode(texts),
        }
        seconds = {}
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            seconds[name] = time.perf_counter() - start
    return seconds


def rows_of(
    name: str, texts: list[str], peer: SentenceTransformer, *, rounds: int, max_length: int
) -> pd.DataFrame:
    """The rows of the table for one list of texts."""
    times = pd.DataFrame(one_round(texts, peer, max_length) for _ in tqdm(range(rounds), desc=name))
    ratios = times[["sentence-transformers"]].to_numpy() / times
    columns = dict(
        texts_per_second=len(texts) / times.median(),
        ratio=ratios.median(),
        lowest=ratios.min(),
        highest=ratios.max(),
    )
    table = pd.DataFrame(columns).rename_axis("contender").reset_index()
    table.insert(0, "texts", name)
    return table.assign(number=len(texts), distinct=len(set(texts)), rounds=rounds)


def measure(*, rounds: int = 7, number: int = 600, max_length: int = 64, seed: int = 0) -> pd.DataFrame:
    """Check and time.

    Args:
        rounds: How often the contenders take turns.
        number: Texts in each list.
        max_length: Tokens of a text that are read.
        seed: Of the draw of distinct texts.
    """
    torch.set_num_threads(1)
    encoder = av.TextEncoder("minilm", max_length=max_length, progress=False)
    peer = SentenceTransformer(str(encoder.folder), device="cpu")
    peer.max_seq_length = max_length
    real, planted = real_sentences(), planted_sentences()
    draw = np.random.default_rng(seed).permutation(sorted(set(real)))[:number].tolist()
    lists = {
        "Amazon, distinct": draw,
        "Amazon, as they come": real[:number],
        "planted, as they come": planted[:number],
    }
    for texts in lists.values():
        check_same(texts, encoder, peer)
    options = dict(rounds=rounds, max_length=max_length)
    tables = [rows_of(name, texts, peer, **options) for name, texts in lists.items()]
    return pd.concat(tables).assign(seed=seed)
