"""Small explorers with seeded numbers for the tests; `text` ends each text that a user could have written."""

import numpy as np
from figures import agreement_explorer, removal_explorer, shelf_explorer, weight_triangle
from pages import FIELDS, field_explorer, reason_explorer
from small_trees import tree

from attnviz.widgets import (
    BaselineSlider,
    Claim,
    FaultSwitches,
    FieldMatrix,
    HeadsExplorer,
    HistoryExplorer,
    HumanOverlay,
    NeighbourPicker,
    PromptParts,
    RocSlider,
    TokenExplorer,
)

OPINIONS = [1, -1, 0] * 4
STOPS = ["zero vector", "average for all", "average for her", "bestseller"]
NAMES = ["shopper", *FIELDS]
TOKENS = ["[CLS]", "the", "warm", "scarf", "is", "warm", ".", "[SEP]"]
PARTS = ("template", "history 1", "reviews", "question")
REVIEW = [
    "I",
    "love",
    "this",
    "scarf",
    ".",
    "It",
    "is",
    "soft",
    "and",
    "warm",
    "and",
    "I",
    "wear",
    "it",
    "indoors",
    "too",
]
OTHER = ["Slow", ",", "cold", "food", "and", "nobody", "who", "cares"]


def neighbour_picker(*, text: str = "", **options) -> NeighbourPicker:
    """Twelve sentences with seeded vectors, so that some cosines are negative."""
    vectors = np.random.default_rng(0).normal(size=(12, 5))
    return NeighbourPicker(
        **dict(
            vectors=vectors,
            texts=[f"Sentence {i}: the zip is superb.{text}" for i in range(12)],
            kinds=[f"zip, {('good', 'bad')[i % 2]}{text}" for i in range(12)],
            opinions=OPINIONS,
            count=5,
            chosen=3,
            claim=Claim(
                holds=0.98,
                statement="the nearest sentence is about the same thing." + text,
                rule="the fourth sentence." + text,
            ),
        )
        | options
    )


def roc_slider(*, text: str = "", **options) -> RocSlider:
    """Two judges and 2,000 rows."""
    generator = np.random.default_rng(0)
    labels = generator.integers(2, size=2000)
    logits = 2 * labels - 1 + generator.normal(size=(2, 2000)) * [[1.5], [1.0]]
    return RocSlider(
        **dict(
            probabilities={
                "model" + text: 1 / (1 + np.exp(-logits[0])),
                "best guess": 1 / (1 + np.exp(-logits[1])),
            },
            labels=labels,
            threshold=0.5,
            claim=Claim(
                statement="no threshold names all that was taken and nothing else." + text,
                rule="one half." + text,
            ),
        )
        | options
    )


def baseline_slider(*, text: str = "", level: int = 6, **options) -> BaselineSlider:
    """Three cases, ten levels; in the first one the reviews turn and nothing else does."""
    along = np.linspace(0, 1, 10)[:, None]
    ends = np.array(
        [
            [[0.4, 1.2, -0.3, 0.2, 0.0], [0.5, -0.9, -0.1, 0.3, 0.05]],
            [[0.1, 0.1, 0.1, 0.1, 0.1], [0.9, 0.2, 0.1, 0.1, 0.0]],
            [[-2.0, 0.4, 1.0, 0.0, 0.0], [2.0, 0.4, -1.0, 0.0, 0.0]],
        ]
    )
    attributions = ends[:, None, 0] * (1 - along) + ends[:, None, 1] * along  # (case, level, field)
    logits = np.array([1.1, -0.4, 0.0])
    return BaselineSlider(
        **dict(
            attributions=attributions,
            logits=logits,
            baseline_logits=logits[:, None] - attributions.sum(-1),
            fields=[name + text for name in FIELDS],
            stops=[name + text for name in STOPS],
            cases=[f"Case {i}: shopper {i}, linen shirt{text}" for i in range(3)],
            case=0,
            level=level,
            claim=Claim(
                holds=0.73,
                statement="at least one field turns." + text,
                rule="the first case with a field that turns." + text,
            ),
        )
        | options
    )


def fault_switches(*, text: str = "", **options) -> FaultSwitches:
    """The rain jacket of "How is a weight computed?" with an empty slot, and three shoppers."""
    return FaultSwitches(
        **dict(
            queries=[[2.0, 1.0], [-1.0, 1.0], [0.5, -2.0]],
            key_matrix=[[1.0, 0.25], [0.0, 0.5]],
            vectors=[[1.0, 1.0], [2.0, -1.0], [0.0, 0.0], [0.0, 2.0]],
            filled=[True, True, False, True],
            fields=[name + text for name in ("tags", "reviews", "second review", "price")],
            shoppers=[name + text for name in ("Ann", "Ben", "Cleo")],
            faults=["last"],
            claim=Claim(
                holds=1.0,
                statement="at least one check fails." + text,
                rule="the third fault." + text,
            ),
        )
        | options
    )


def heads_explorer(*, text: str = "", **options) -> HeadsExplorer:
    """Three cases of four heads; the second head looks at the category, whose value is short."""
    generator = np.random.default_rng(0)
    weights = generator.dirichlet(np.ones(5), size=(3, 4))
    weights[:, 1] = [0.05, 0.1, 0.05, 0.1, 0.7]
    return HeadsExplorer(
        **dict(
            weights=weights,
            value_norms=generator.uniform(0.5, 3, size=(3, 4, 5)) * [1, 1, 1, 1, 0.1],
            fields=[name + text for name in FIELDS],
            cases=[f"Case {i}: shopper {i}, linen shirt{text}" for i in range(3)],
            case=0,
            field=4,
            claim=Claim(
                holds=0.93,
                statement="a head looks most at the field that it takes least from." + text,
                rule="the first test case with a wide and nearly empty circle." + text,
            ),
        )
        | options
    )


def field_matrix(*, text: str = "", **options) -> FieldMatrix:
    """Three cases of four heads over a shopper and five fields."""
    return FieldMatrix(
        **dict(
            weights=np.random.default_rng(0).dirichlet(np.ones(6) * 0.6, size=(3, 4, 6)),
            names=[name + text for name in NAMES],
            cases=[f"Case {i}: shopper {i}, linen shirt{text}" for i in range(3)],
            case=0,
            claim=Claim(
                holds=0.93,
                statement="the reviews look most at another field." + text,
                rule="the first test case whose reviews look at the price." + text,
            ),
        )
        | options
    )


def history_explorer(*, text: str = "", **options) -> HistoryExplorer:
    """Ann with twelve purchases, Ben whose model reads none, Cleo with two."""
    trees = [tree(text=text), tree(), tree(purchases=2)]
    trees[1] = trees[1][trees[1]["tree"] == "candidate"]
    return HistoryExplorer(
        **dict(
            trees=trees,
            cases=[name + text for name in ("Ann", "Ben", "Cleo")],
            claim=Claim(
                holds=0.9,
                statement="reviews are the heaviest field." + text,
                rule="the first test case." + text,
            ),
        )
        | options
    )


def token_explorer(*, text: str = "", tokens: int = len(TOKENS), **options) -> TokenExplorer:
    """Three layers of four heads with seeded weights, norms and a rollout."""
    generator = np.random.default_rng(0)
    return TokenExplorer(
        **dict(
            weights=generator.dirichlet(np.ones(tokens) * 0.5, size=(3, 4, tokens)),
            tokens=[TOKENS[i % len(TOKENS)] + text for i in range(tokens)],
            rollout=generator.dirichlet(np.ones(tokens), size=tokens),
            value_norms=generator.uniform(0, 2, size=(3, 4, tokens)),
            title="A review of a scarf" + text,
            layer=1,
            head=2,
            token=3,
            claim=Claim(
                holds=0.93,
                statement="the last layer looks at [CLS]." + text,
                rule="the first review." + text,
            ),
        )
        | options
    )


def prompt_parts(*, text: str = "", **options) -> PromptParts:
    """Three cases, five layers; the template has no removal."""
    generator = np.random.default_rng(0)
    removal = generator.normal(size=(3, 4))
    removal[:, 0] = np.nan
    return PromptParts(
        **dict(
            attention=generator.dirichlet([5, 1, 1, 1], size=(3, 5)),
            pushes={
                "removal" + text: removal,
                "gradient" + text: generator.normal(size=(3, 4)),
            },
            scores=[0.8, -0.4, 1.6],
            parts=[name + text for name in PARTS],
            texts=[
                ["<|im_start|>user\n", f"She liked: a {name}{text}\n", "Reviews: Soft.\n", "Yes or No?"]
                for name in ("hat", "tent", "coat")
            ],
            cases=[name + text for name in ("Ann: scarf", "Ben: scarf", "Cleo: scarf")],
            fixed=["template" + text],
            case=1,
            part=2,
            claim=Claim(
                holds=0.2,
                statement="both name the same part." + text,
                rule="the middle case." + text,
            ),
        )
        | options
    )


def human_overlay(*, text: str = "", **options) -> HumanOverlay:
    """Two reviews of unequal length, three people, two methods, one of which has negative scores."""
    generator = np.random.default_rng(0)
    reviews = [REVIEW, OTHER]
    words = [[word + text * (place == 1) for place, word in enumerate(review)] for review in reviews]
    votes = [generator.random((3, len(review))) < 0.4 for review in reviews]
    votes[1][:, 2] = False
    scores = [
        np.stack([generator.dirichlet(np.ones(len(review))), generator.normal(size=len(review))])
        for review in reviews
    ]
    return HumanOverlay(
        **dict(
            words=words,
            marks=votes,
            scores=scores,
            methods=["attention" + text, "gradient × input"],
            cases=["a scarf" + text, "a dinner"],
            case=0,
            count=5,
            claim=Claim(
                holds=0.5,
                statement="people agree more with each other." + text,
                rule="the first review." + text,
            ),
        )
        | options
    )


ALL = [
    field_explorer,
    reason_explorer,
    removal_explorer,
    weight_triangle,
    agreement_explorer,
    shelf_explorer,
    neighbour_picker,
    roc_slider,
    baseline_slider,
    fault_switches,
    heads_explorer,
    field_matrix,
    history_explorer,
    token_explorer,
    prompt_parts,
    human_overlay,
]
