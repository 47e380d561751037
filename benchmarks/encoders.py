"""Which language model should read the texts, and is it worth training along? An encoder against a decoder.

    python -m benchmarks encoders            # writes book/_results/encoders.csv

- planted, reviews: the recommender with sentence vectors of each encoder, and without reviews.
- planted, sentences: is a sentence good or bad? Logistic regression, the opinions of the test fold unseen.
- planted, tags: a tag's vector made from its name by each encoder, beside a learned one.
- All_Beauty, reviews: the item that was bought among 10 others, by the reviews that others wrote before.
- Albany, titles and tags: is a listing dearer than the median? Logistic regression, 5 folds.
- planted, end to end: MiniLM's last layer trained with the recommender, beside the same loop with it frozen.

The recommender is the default one, but with keys of content alone.
"centred" takes the mean of all vectors away and makes the length 1 again: the vectors of a decoder have a
large part in common. Intervals are 95%: of shoppers, each with all test rows; of sentences and listings by
row. The real data is read from ATTNVIZ_REAL_DATA.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

import attnviz as av
from attnviz.data.features import Features
from attnviz.data.planted.grammar import sentence_table
from attnviz.language.models import load_model, load_tokenizer, model_folder

ENCODERS = ("minilm", "minilm, centred", "smollm2", "smollm2, centred")
STEPS = {48: (16_384, 2048), 192: (32_768, 1024)}  # steps end to end -> training rows, rows a step
SIZES = dict(num_users=4000, num_items=1500, num_interactions=80_000)


def vectors_of(name: str, texts: list[str]) -> np.ndarray:
    """The vectors of texts (text, dim) by one of `ENCODERS`."""
    encoder, _, centred = name.partition(", ")
    vectors = av.TextEncoder(encoder, progress=False).encode(texts)
    if centred:
        vectors = vectors - vectors.mean(0)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def with_encoder(parts: list[av.InteractionLog], schema: av.Schema, name: str) -> None:
    """Have the batches of logs carry the vectors of one of `ENCODERS`; centred by the first log's."""
    features = [Features(log, schema) for log in parts]
    centre = features[0].embeddings.mean(0)
    for log, made in zip(parts, features, strict=True):
        if "centred" in name:
            made.embeddings = F.normalize(made.embeddings - centre, dim=1)
        log.batch = lambda index, schema, made=made: made.batch(index)


def auc_row(scores: Tensor, labels: Tensor, users: pd.Series | None = None) -> dict:
    """AUC with its interval over the users whose rows they are; None: over rows."""
    found = av.metrics.bootstrap_auc(scores, labels, groups=users)
    return dict(auc=found.mean, low=found.low, high=found.high, rows=len(labels))


def test_auc(model: av.AttentionRecommender, test: av.InteractionLog) -> dict:
    """AUC of a trained model on test rows."""
    rows = test.interactions
    labels = torch.tensor(rows["label"].to_numpy(), dtype=torch.float32)
    return auc_row(torch.as_tensor(av.predict(model, test)), labels, rows["user_id"])


class NamedTags(nn.Module):
    """The mean of the tags' vectors, each a linear map of the encoder's vector of its name."""

    def __init__(self, vectors: Tensor, embed_dim: int = 32):
        super().__init__()
        self.register_buffer("vectors", vectors)
        self.value = nn.Linear(vectors.shape[1], embed_dim)

    def forward(self, tags: Tensor, batch: av.data.Batch) -> tuple[Tensor, Tensor]:
        """Tags (batch, tag) to vectors (batch, dim) and whether there is any (batch,)."""
        known = tags >= 0
        each = self.value(self.vectors)[tags.clamp(min=0)] * known.unsqueeze(-1)  # (batch, tag, dim)
        return each.sum(1) / known.sum(1, keepdim=True).clamp(min=1), known.any(1)


def planted_reviews(seed: int) -> Iterator[dict]:
    """The recommender with each encoder's sentence vectors."""
    shop = av.planted_shop(seed=seed, **SIZES)
    parts = shop.split()
    yield dict(model="best guess from the profile", auc=parts[2].profile_auc(), rows=len(parts[2]))
    for name in (*ENCODERS, "no reviews"):
        schema = av.Schema.of(shop, encoder="minilm" if name == "no reviews" else name.split(",")[0])
        if name == "no reviews":
            schema = replace(schema, fields=tuple(f for f in schema.fields if f.name != "reviews"))
        else:
            with_encoder(parts, schema, name)
        model = av.AttentionRecommender(schema, keys="content", seed=seed)
        av.fit(model, *parts[:2], seed=seed, progress=False)
        yield dict(model=name, **test_auc(model, parts[2]))


def planted_sentences() -> Iterator[dict]:
    """Is a sentence good or bad? Learned from others: other adjectives, or all that is no turn of phrase."""
    table, _ = sentence_table()
    sentences = table.reshape(-1).tolist()
    good = np.broadcast_to([[[0], [1]]], table.shape).reshape(-1)
    fold = np.tile(np.r_[np.arange(60) % 4, [4] * 15], 8)  # pairs of adjectives, turns of phrase
    for name in ENCODERS:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))
        scores = cross_val_predict(model, vectors_of(name, sentences), good, cv=GroupKFold(5),
                                   groups=fold, method="decision_function")  # fmt: skip
        yield dict(model=name, **auc_row(torch.tensor(scores), torch.tensor(good)))


def planted_tags(seed: int) -> Iterator[dict]:
    """The recommender with tags read by their names, beside learned ones."""
    shop = av.planted_shop(seed=seed, **SIZES)
    train, valid, test = shop.split()
    for name in ("learned", "minilm", "smollm2", "smollm2, centred"):
        model = av.AttentionRecommender(shop.schema, keys="content", seed=seed)
        if name != "learned":
            torch.manual_seed(seed)
            vectors = vectors_of(name, shop.schema.vocabularies["tags"])
            model.encoders["tags"] = NamedTags(torch.from_numpy(vectors))
        av.fit(model, train, valid, seed=seed, progress=False)
        yield dict(model=name, **test_auc(model, test))


def beauty_reviews(folder: Path, seed: int) -> Iterator[dict]:
    """The bought item among 10 that the buyer never had, by earlier reviews alone."""
    log = av.read_amazon(folder / "amazon2018_all_beauty" / "All_Beauty_5.json.gz", strict=False)
    log = av.InteractionLog(log.interactions.assign(label=1), log.items, computed=(), implicit=True)
    train, valid, test = log.split()
    shown = av.recommender.sampled_candidates(test, num_candidates=10, seed=seed)
    train, valid = (part.sample_negatives(4, own_past=False, seed=seed) for part in (train, valid))
    for name in ENCODERS:
        limits = dict(max_reviews=2, sentences_per_review=1, max_sentences=2)
        schema = av.Schema.of(log, encoder=name.split(",")[0], **limits)
        with_encoder([train, valid, shown], schema, name)
        model = av.AttentionRecommender(schema, keys="content", seed=seed)
        av.fit(model, train, valid, seed=seed, progress=False)
        scores, mask = av.recommender.query_rows(shown, av.predict(model, shown))
        labels, _ = av.recommender.query_rows(shown, shown.interactions["label"].to_numpy())
        measures = av.recommender.query_measures(scores, labels, mask=mask)
        each = av.metrics.bootstrap_interval(
            torch.tensor(measures["auc"].to_numpy()), groups=test.interactions["user_id"]
        )
        yield dict(model=name, auc=each.mean, low=each.low, high=each.high, rows=len(test))


def albany(folder: Path, part: str) -> Iterator[dict]:
    """Is a listing dearer than the median? From its title, or from the mean of its tags' vectors."""
    city = folder / "airbnb_albany"
    items = av.read_airbnb(city / "listings.csv.gz", city / "reviews.csv.gz").items.dropna(subset="price")
    dear = (items["price"] > items["price"].median()).to_numpy()
    for name in ENCODERS:
        if part == "titles":
            inputs = vectors_of(name, items["title"].tolist())
        else:
            known = sorted({tag for tags in items["tags"] for tag in tags})
            row = dict(zip(known, vectors_of(name, known), strict=True))
            inputs = np.stack(
                [np.mean([row[tag] for tag in tags] or [0 * row[known[0]]], 0) for tags in items["tags"]]
            )
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))
        folds = StratifiedKFold(5, shuffle=True, random_state=0)
        scores = cross_val_predict(model, inputs, dear, cv=folds, method="decision_function")
        yield dict(model=name, **auc_row(torch.tensor(scores), torch.tensor(dear).long()))


class LastLayer(nn.Module):
    """MiniLM's last layer over what the layers below make of each sentence, which is computed once."""

    def __init__(self, sentences: list[str]):
        super().__init__()
        folder = model_folder("minilm")
        model, tokenizer = load_model(folder), load_tokenizer(folder)
        read = tokenizer(sentences, padding=True, return_tensors="pt")
        with torch.no_grad():
            self.below = model(**read, output_hidden_states=True).hidden_states[-2]  # (sentence, token, dim)
        self.known = read["attention_mask"].bool()  # (sentence, token)
        self.layer = model.encoder.layer[-1]
        self.place = {sentence: i for i, sentence in enumerate(sentences)}

    def rows(self, texts: tuple[str, ...]) -> Tensor:
        """Which of the sentences the texts are (text,)."""
        return torch.tensor([self.place[text] for text in texts])

    def forward(self, rows: Tensor | slice = slice(None)) -> Tensor:
        """The vectors (row, dim) of some of the sentences, with a gradient."""
        known = self.known[rows]
        tokens = self.layer(self.below[rows], attention_mask=known[:, None, None, :])
        tokens = tokens[0] if isinstance(tokens, tuple) else tokens
        return F.normalize((tokens * known.unsqueeze(-1)).sum(1), dim=-1)


def train_together(
    shop: av.data.PlantedShop, encoder: LastLayer, seed: int, *, steps: int, rate: float
) -> dict:
    """One loop for both: `rate` is the encoder's learning rate, and 0 leaves it as it was."""
    train, _, test = shop.split()
    model = av.AttentionRecommender(shop.schema, keys="content", seed=seed)
    groups = [
        dict(params=list(model.parameters()), lr=3e-3),
        dict(params=list(encoder.parameters()), lr=rate),
    ]
    optimizer = torch.optim.AdamW(groups[: 1 + (rate > 0)], weight_decay=1e-4)
    rates = [group["lr"] for group in optimizer.param_groups]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=rates, total_steps=steps)
    torch.manual_seed(seed)
    num_rows, size = STEPS[steps]
    fixed = encoder().detach()
    for rows in tqdm(torch.cat([torch.randperm(num_rows) for _ in range(6)]).split(size)):
        batch = train.batch(rows, shop.schema)
        used = encoder.rows(batch.texts)
        vectors = encoder(used) if rate else fixed[used]
        loss = F.binary_cross_entropy_with_logits(model(replace(batch, sentences=vectors)), batch.labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        batch = test.batch(slice(None), shop.schema)
        logits = model.eval()(replace(batch, sentences=encoder(encoder.rows(batch.texts))))
    return auc_row(logits, batch.labels, test.interactions["user_id"])


def end_to_end(seed: int, steps: int, rates: tuple[float, ...] = (0, 1e-4)) -> Iterator[dict]:
    """The same rows, steps and first parameters, with the last layer frozen and trained."""
    shop = av.planted_shop(seed=seed, **SIZES)
    sentences = sorted(
        {sentence for text in shop.past["review"] for sentence in av.language.split_sentences(text)}
    )
    for rate in rates:
        encoder = LastLayer(sentences)
        name = "minilm, last layer trained" if rate else "minilm, frozen"
        yield dict(model=name, **train_together(shop, encoder, seed, steps=steps, rate=rate))


def finished(path: Path | None, data: str, texts: str, seed: int, made: Iterator[dict]) -> list[dict]:
    """The rows of one part of the table: read from the file, or made and added to it."""
    key = dict(data=data, texts=texts, seed=seed)
    lines = path.read_text().splitlines() if path and path.exists() else []
    rows = [row for row in map(json.loads, lines) if row | key == row]
    if not rows:
        rows = [key | row for row in made]
        print(pd.DataFrame(rows).to_string(), flush=True)
        if path:
            with path.open("a") as file:
                file.writelines(f"{json.dumps(row)}\n" for row in rows)
    return rows


def measure(*, seeds: int = 3, resume: Path | None = None) -> pd.DataFrame:
    """All parts of the table.

    Args:
        seeds: Of the parts with a recommender.
        resume: A file that keeps the parts that are finished.
    """
    torch.set_num_threads(1)
    folder = os.environ.get("ATTNVIZ_REAL_DATA")
    if not folder:
        raise SystemExit("set ATTNVIZ_REAL_DATA to the folder that holds the real data")
    jobs = [("planted", "sentences", 0, planted_sentences())]
    jobs += [("planted", "reviews", seed, planted_reviews(seed)) for seed in range(seeds)]
    jobs += [("planted", "tags", seed, planted_tags(seed)) for seed in range(seeds)]
    jobs += [("All_Beauty", "reviews", seed, beauty_reviews(Path(folder), seed)) for seed in range(seeds)]
    jobs += [("Albany", part, 0, albany(Path(folder), part)) for part in ("titles", "tags")]
    for steps, again in ((48, 2), (192, 1)):
        jobs += [("planted", f"end to end, {steps} steps", s, end_to_end(s, steps)) for s in range(again)]
    return pd.DataFrame([row for job in jobs for row in finished(resume, *job)])


def summary(table: pd.DataFrame) -> str:
    """Means over the seeds."""
    by_model = table.groupby(["data", "texts", "model"], sort=False)
    return by_model[["auc", "low", "high"]].mean().round(3).to_string()
