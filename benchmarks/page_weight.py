"""What does a picture of all weights add to a page, and when is it there? TokenExplorer beside BertViz.

    pip install --no-deps --target FOLDER/site bertviz
    cd FOLDER && npm pack d3@5.7.0 jquery@2.2.4 requirejs@2.3.6      # and unpack each into FOLDER/x/NAME
    python -m benchmarks page_weight --peer FOLDER                   # writes book/_results/page_weight.csv

Both get the same tensors and tokens; a page holds nothing else. Bytes are those of the HTML and of the
scripts that it loads. The time goes from navigation to the first drawing, in Chromium without a network:
the scripts that BertViz wants from its CDN come from FOLDER. The explorer carries value norms too.

- MiniLM 6 x 12 x 128: a planted review of 128 tokens.
- 12 x 12 x 128: two such reviews, one above the other, as a model of 12 layers would have it.
- SmolLM2 30 x 9 x 256: planted reviews of 256 tokens.
"""

import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from playwright.sync_api import Page, sync_playwright

import attnviz as av
from attnviz.language.models import load_tokenizer, model_folder

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "browser"))
from pages import LOADER, write_page

ROUNDS = 3
LARGEST = 200 * 10**6  # bytes of a page that is opened; of a larger one only the bytes are counted
CDN = {"d3.min": "d3.min.js", "jquery.min": "jquery.min.js", "require.min": "require.js"}
DRAWN = {  # true in the page when the first picture is there
    "TokenExplorer": "document.querySelector('.av-token-explorer .av-large canvas')",
    "BertViz head_view": "document.querySelector('[id^=bertviz] svg line')",
}


def inside_of(name: str, tokens: int, start: int = 0) -> av.language.Inside:
    """What a language model does with planted reviews, cut to so many tokens."""
    reviews = [text for text in av.planted_shop(seed=0).past["review"] if text]
    tokenizer = load_tokenizer(model_folder(name))
    text = " ".join(reviews[start : start + 60])
    for end in range(len(text)):
        if len(tokenizer(text[:end])["input_ids"]) >= tokens:
            return av.attention_inside(name, text[:end])
    raise ValueError(f"the reviews from {start} on have fewer than {tokens} tokens")


def tensors() -> Iterator[tuple[str, np.ndarray, np.ndarray, list[str]]]:
    """Names, weights (layer, head, query, key), value norms (layer, head, key) and tokens."""
    first, second = inside_of("minilm", 128), inside_of("minilm", 128, start=100)
    yield "MiniLM 6x12x128", first.weights.numpy(), first.value_norms.numpy(), first.tokens
    weights = torch.cat([first.weights, second.weights])
    norms = torch.cat([first.value_norms, second.value_norms])
    yield "12x12x128", weights.numpy(), norms.numpy(), first.tokens
    decoder = inside_of("smollm2", 256)
    yield "SmolLM2 30x9x256", decoder.weights.numpy(), decoder.value_norms.numpy(), decoder.tokens


def explorer_page(folder: Path, weights, norms, tokens) -> Path:
    """A page with the explorer, in the form of a built chapter."""
    return write_page(folder, av.widgets.TokenExplorer(weights, tokens, value_norms=norms))


def bertviz_page(folder: Path, weights, norms, tokens) -> Path:
    """A page with BertViz's head_view, in the form that it returns for a page."""
    from bertviz import head_view

    layers = [torch.from_numpy(layer)[None] for layer in weights]
    view = head_view(layers, tokens, html_action="return")
    path = folder / "page.html"
    path.write_text(f"<!doctype html><html><body>{view.data}</body></html>", encoding="utf-8")
    return path


def first_drawing(page: Page, path: Path, drawn: str, seconds: float) -> float:
    """Seconds from navigation until the picture is there."""
    page.goto(path.as_uri(), timeout=1000 * seconds)
    found = page.wait_for_function(f"{drawn} && performance.now()", polling="raf", timeout=1000 * seconds)
    return found.json_value() / 1000


def serve_cdn(page: Page, peer: Path) -> None:
    """Answer from the folder what is asked of the CDN, and nothing else."""
    scripts = {path.name: path for path in peer.glob("x/*/package/**/*.js")}

    def answer(route) -> None:
        address = route.request.url
        name = next((name for part, name in CDN.items() if part in address), None)
        if address.startswith(("file:", "blob:", "data:")):
            route.continue_()
        elif name:
            route.fulfill(path=scripts[name])
        else:
            route.abort()

    page.route("**/*", answer)


def rows_of(peer: Path, rounds: int) -> Iterator[dict]:
    """One row for each tensor and picture."""
    cdn = sum(next(peer.glob(f"x/*/package/**/{name}")).stat().st_size for name in CDN.values())
    kinds = {
        "TokenExplorer": (explorer_page, LOADER.stat().st_size),
        "BertViz head_view": (bertviz_page, cdn),
    }
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        path = shutil.which("chromium")
        for name, *data in tensors():
            for kind, (make, scripts) in kinds.items():
                page_file = make(Path(folder), *data)
                size = page_file.stat().st_size + scripts
                browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
                times = []
                for _ in range(rounds if size < LARGEST else 0):
                    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
                    serve_cdn(page, peer)
                    times.append(first_drawing(page, page_file, DRAWN[kind], seconds=300))
                    page.context.close()
                browser.close()
                seconds = statistics.median(times) if times else float("nan")
                row = {"tensor": name, "picture": kind, "bytes": size, "seconds": seconds}
                print(row | {"rounds": len(times)}, flush=True)
                yield row | {"rounds": len(times)}


def measure(*, peer: Path, rounds: int = ROUNDS) -> pd.DataFrame:
    """Write the pages and open them.

    Args:
        peer: The folder with site/bertviz and x/NAME/package.
        rounds: How often each page is opened.
    """
    sys.path.insert(0, str(peer / "site"))
    torch.set_num_threads(1)
    return pd.DataFrame(rows_of(peer, rounds))
