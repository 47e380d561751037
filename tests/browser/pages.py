"""Static pages with explorers in them, in the form that myst-nb gives to a built page."""

import json
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd
from ipywidgets.embed import dependency_state, embed_data
from places import REPO

from attnviz.widgets import Claim, FieldExplorer, ReasonExplorer

LOADER = REPO / "book/_static/widgets/loader.js"
STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"

FIELD = ".av-field-explorer"
REASON = ".av-reason-explorer"
FIELDS = ["tags", "reviews", "price", "brand", "category"]
HOSTILE = "</script><img src=x onerror=alert(1)>"
HOSTILE_FORMS = HOSTILE + "<!--<script></SCRIPT ><img src=x onerror=alert(2)>"


def write_page(folder: Path, *widgets, theme: str = "light", lang: str = "en") -> Path:
    """A page that shows the widgets, with the loader beside it. Returns its path."""
    state = dependency_state(widgets, drop_defaults=False)
    data = embed_data(views=widgets, state=state)
    views = "\n".join(
        f'<div class="output"><script type="{VIEW}">{_safe(spec)}</script></div>'
        for spec in data["view_specs"]
    )
    background = "#ffffff" if theme == "light" else "#14181e"
    page = f"""<!doctype html>
<html lang="{escape(lang)}" data-theme="{escape(theme)}">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Explorers</title>
<style>body {{ margin: 16px; background: {background}; font-family: system-ui, sans-serif; }}</style>
<script type="{STATE}">{_safe(data["manager_state"])}</script>
<script defer src="loader.js"></script>
</head>
<body><main><h1 hidden>Explorers</h1>
{views}
</main></body>
</html>"""
    (folder / "loader.js").write_text(LOADER.read_text(encoding="utf-8"), encoding="utf-8")
    path = folder / "page.html"
    path.write_text(page, encoding="utf-8")
    return path


def _safe(value) -> str:
    return json.dumps(value).replace("<", r"\u003c")


def field_explorer(*, attributions: bool = True, training: bool = True, text: str = "") -> FieldExplorer:
    """A field explorer of three shoppers and four products with seeded numbers; `text` ends each text."""
    generator = np.random.default_rng(0)
    scores = generator.normal(size=(3, 4, 5)) + [0.8, 1.1, 0.2, 0.0, -1.5]
    vectors = generator.normal(size=(3, 4, 5, 16))
    head_weight = generator.normal(size=16) / 4
    products = [_product(i, text) for i in range(4)]
    return FieldExplorer(
        query_scores=scores,
        vectors=vectors,
        head_weight=head_weight,
        head_bias=-0.8,
        fields=FIELDS,
        shoppers=[f"Shopper {name}{text}" for name in ("Ann", "Ben", "Cleo")],
        products=products,
        attributions=vectors @ head_weight / 5 if attributions else None,
        training_weights=_training(generator) if training else None,
    )


def _product(index: int, text: str) -> dict:
    return {
        "title": ("Linen shirt", "Wool scarf", "Rain jacket", "Canvas shoes")[index] + text,
        "tags": "cotton, red, casual, summer" + text,
        "reviews": "The fabric is soft and the seams are strong. Delivery took two weeks." + text,
        "price": "25.00" + text,
        "brand": "Northwind" + text,
        "category": text,
    }


def _training(generator) -> pd.DataFrame:
    steps = np.arange(0, 400, 20)
    share = steps[:, None] / steps.max()
    weights = (1 - share) * 0.2 + share * np.array([0.34, 0.40, 0.11, 0.145, 0.005])
    return pd.DataFrame(weights, columns=FIELDS).assign(step=steps)


def reason_explorer(*, text: str = "", statement: str = "", **options) -> ReasonExplorer:
    """A reason explorer in which only the push of the reviews depends on the level, and crosses zero."""
    levels = np.linspace(-1, 1, 5)
    weights = np.tile([0.24, 0.41, 0.2, 0.14, 0.01], (3, 5, 1))
    pushes = np.tile([0.15, 0.0, 0.62, -0.21, 0.01], (3, 5, 1))
    pushes[:, :, 1] = 0.95 * levels
    pushes[1] *= -0.5
    return ReasonExplorer(
        **dict(
            weights=weights,
            pushes=pushes,
            fields=[name + text for name in FIELDS],
            level_names=["bad", "poor", "average", "good", "great"],
            level_label="Quality of the reviews" + text,
            cases=[f"Case {i}: shopper {i}, linen shirt{text}" for i in range(3)],
            case=0,
            level=2,
            claim=Claim(
                0.93,
                statement,
                "the first test case in which the reviews have the largest weight and a push near zero."
                + text,
            ),
        )
        | options
    )
