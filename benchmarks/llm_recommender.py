"""How good is a small chat model as a recommender, and which part of its prompt does its answer hang on?

    python -m benchmarks llm_recommender                  # writes book/_results/llm_recommender.csv
    python -m benchmarks llm_recommender --table parts    # writes book/_results/llm_parts.csv

The shop is the planted one. All models are judged on the same test rows, drawn at random.
The language model is SmolLM2-135M-Instruct, as it comes, and with two numbers fitted on validation rows.
Film is our model with its defaults, but keys of content alone; once with the shopper's profile and once with
her history only, as the prompt has it; both learn from all training rows, the language model from none.
Intervals are the middle 95% of 1,000 draws of the test rows.

llm_parts: for some of these test rows and each part of the prompt, the share of the attention (mean of all
layers and heads, and of the last layer), gradient x input, integrated gradients from new lines in place of
words (with their gap in completeness), and what the score loses when nothing can look at the part.
"""

import hashlib
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

import attnviz as av
from attnviz.data.past import popularity
from attnviz.data.prompts import prompt_parts
from attnviz.language.answers import answer_attention, answer_attribution, answer_scores, scores_without
from attnviz.language.models import load_causal_model, load_tokenizer, model_folder
from attnviz.language.prompt import answer_ids, encode_prompt
from attnviz.metrics.calibration import calibrate
from attnviz.storage import whole

from .results import Result

MODELS = Path(__file__).parents[1] / "_build/models"  # beside the book's
KEPT = Path(__file__).parents[1] / "_build/llm_scores"
DRAWS = 1000
INTEGRATED = 3  # of the rows that are taken apart: integrated gradients cost as much as all the rest


def some_rows(log: av.InteractionLog, count: int, seed: int = 0) -> av.InteractionLog:
    """Rows drawn at random, in the order of time."""
    chosen = np.random.default_rng(seed).choice(len(log), count, replace=False)
    return log.with_interactions(log.interactions.iloc[np.sort(chosen)])


def labels_of(log: av.InteractionLog) -> Tensor:
    """The answers of a log's rows, (row,)."""
    return torch.tensor(log.interactions["label"].to_numpy())


def film_probabilities(name: str, log: av.InteractionLog, test: av.InteractionLog) -> Tensor:
    """Our model, trained on all training rows of the log, or what an earlier training of it left."""
    train, valid, _ = log.split()
    model = av.AttentionRecommender(log.schema, keys="content", seed=0)
    av.fit(
        model,
        train,
        valid,
        seed=0,
        progress=False,
        checkpoint=MODELS / f"{name}-content.safetensors",
        resume=True,
    )
    return torch.from_numpy(av.predict(model, test)).double()


def without_users(log: av.InteractionLog) -> av.InteractionLog:
    """The same log without profiles: a shopper is what she chose before."""
    return av.InteractionLog(log.interactions, log.items, computed=())


def judged(name: str, probabilities: Tensor, labels: Tensor) -> dict:
    """AUC and log-loss with their intervals, and the share of rows with a probability above one half."""
    generator = torch.Generator().manual_seed(0)
    draws = [torch.randint(len(labels), (len(labels),), generator=generator) for _ in range(DRAWS)]
    row = dict(model=name, rows=len(labels), says_yes=(probabilities > 0.5).double().mean().item())
    for measure, of in (("auc", av.metrics.auc), ("log_loss", av.metrics.log_loss)):
        again = [of(probabilities[rows], labels[rows]).item() for rows in draws]
        row[measure] = of(probabilities, labels).item()
        row[f"{measure}_low"], row[f"{measure}_high"] = np.nanquantile(again, [0.025, 0.975])
    return row


def compare(shop: av.data.PlantedShop, scores: dict[str, Tensor], valid, test) -> pd.DataFrame:
    """A row for each model, all on the same test rows."""
    labels, train = labels_of(test), shop.split()[0]
    fitted = calibrate(scores["valid"], labels_of(valid))
    base = torch.full((len(labels),), labels_of(train).double().mean().item(), dtype=torch.float64)
    counts = [torch.from_numpy(popularity(log)).double().log1p() for log in (valid, test)]
    bare = without_users(shop)
    bare_test = bare.with_interactions(test.interactions)
    probabilities = {
        "chance": torch.rand(len(labels), generator=torch.Generator().manual_seed(0)).double(),
        "base rate": base,
        "popularity, calibrated": calibrate(counts[0], labels_of(valid))(counts[1]),
        "SmolLM2 raw": scores["test"].double().sigmoid(),
        "SmolLM2 calibrated": fitted(scores["test"].double()),
        "film, history only": film_probabilities("film-no-profile", bare, bare_test),
        "film, profile": film_probabilities("film", shop, test),
        "true probability": torch.tensor(test.truth.probability),
    }
    table = pd.DataFrame([judged(name, values, labels) for name, values in probabilities.items()])
    return table.assign(slope=fitted.slope, intercept=fitted.intercept, valid_rows=len(valid))


def parts_of(models: dict, tokenizer, log: av.InteractionLog) -> pd.DataFrame:
    """A row for each test row and part of its prompt; the template has no removal."""
    rows, answers = [], answer_ids(tokenizer)
    [new_line] = tokenizer.encode("\n", add_special_tokens=False)
    for row, parts in enumerate(tqdm(prompt_parts(log), desc="parts")):
        prompt = encode_prompt(tokenizer, parts)
        weights = answer_attention(models["eager"], prompt)
        gradient, _ = answer_attribution(models["fused"], prompt, answers)
        integrated, gap = gradient * np.nan, np.nan
        if row < INTEGRATED:
            integrated, gap = answer_attribution(
                models["fused"], prompt, answers, method="integrated_gradients", baseline_id=new_line
            )
        names = prompt.names[1:]
        kept = scores_without(models["fused"], prompt, answers, [[], *[[name] for name in names]])
        rows.append(
            pd.DataFrame(
                dict(
                    row=row,
                    part=prompt.names,
                    tokens=prompt.part_of.bincount(minlength=len(prompt.names)).numpy(),
                    attention=weights.mean((0, 1)).numpy(),
                    attention_last_layer=weights[-1].mean(0).numpy(),
                    gradient_x_input=gradient.numpy(),
                    integrated_gradients=integrated.numpy(),
                    gap=gap,
                    removal=[np.nan, *(kept[0] - kept[1:]).tolist()],
                    score=kept[0].item(),
                )
            )
        )
    return pd.concat(rows)


def score_rows(models: dict, tokenizer, logs: dict[str, av.InteractionLog]) -> dict[str, Tensor]:
    """The scores of each log's rows; ten at a time are kept, so that a stopped run goes on."""
    scores, answers = {}, answer_ids(tokenizer)
    for name, log in logs.items():
        prompts = [encode_prompt(tokenizer, parts) for parts in prompt_parts(log)]
        pieces = [prompts[start : start + 10] for start in range(0, len(prompts), 10)]
        found = [kept_scores(models["fused"], piece, answers) for piece in tqdm(pieces, desc=name)]
        scores[name] = torch.cat(found)
    return scores


def kept_scores(model, prompts: list[av.language.Prompt], answers: Tensor) -> Tensor:
    """Scores of some prompts, from `_build/llm_scores` if they are there."""
    digest = hashlib.sha256(torch.cat([prompt.token_ids for prompt in prompts]).numpy().tobytes()).hexdigest()
    path = KEPT / f"{digest[:16]}.npy"
    if not path.exists():
        scores = answer_scores(model, prompts, answers, batch_size=5).numpy()
        with whole(path) as draft, draft.open("wb") as file:
            np.save(file, scores)
    return torch.from_numpy(np.load(path))


def measure(
    *,
    table: Annotated[str, ("scores", "parts")] = "scores",
    test: int = 300,
    valid: int = 200,
    parts: int = 12,
) -> Result:
    """Score and compare, or take apart.

    Args:
        table: "scores" makes llm_recommender.csv, "parts" makes llm_parts.csv.
        test: Rows to judge on.
        valid: Rows to calibrate on.
        parts: Of the test rows, how many are taken apart.
    """
    torch.set_num_threads(1)
    shop = av.planted_shop(seed=0)
    _, valid_log, test_log = shop.split()
    logs = {"valid": some_rows(valid_log, valid), "test": some_rows(test_log, test)}
    folder = model_folder("smollm2")
    tokenizer = load_tokenizer(folder)
    models = {"fused": load_causal_model(folder), "eager": load_causal_model(folder, eager=True)}
    if table == "parts":
        return Result(parts_of(models, tokenizer, some_rows(logs["test"], parts)), "llm_parts")
    scores = score_rows(models, tokenizer, logs)
    return Result(compare(shop, scores, logs["valid"], logs["test"]))


def summary(table: pd.DataFrame) -> str:
    """The models, or the means of each part."""
    if "part" not in table:
        return table.round(3).to_string()
    columns = ["attention", "gradient_x_input", "integrated_gradients", "removal"]
    return table.groupby("part", sort=False)[columns].mean().round(3).to_string()
