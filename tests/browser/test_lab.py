"""JupyterLab runs a chapter, and every explorer answers to Python and back."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from explorers import ALL
from live.chapter import notebook_of
from live.words import Book
from pages import FIELD, REPO
from reading import text_sizes

CHAPTER = REPO / "book" / "chapters" / "how-is-a-weight-computed.md"
SET = """import attnviz as av
explorer = [value for value in Out.values() if isinstance(value, av.widgets.FieldExplorer)][-1]
explorer.temperature = 4.0
print("set")"""
ASK = 'print("temperature is", round(explorer.temperature, 2))'
# What Python changes in each explorer; none of these is the starting value.
CHANGES = {
    "field_explorer": ("temperature", 4.0),
    "reason_explorer": ("case", 1),
    "removal_explorer": ("case", 1),
    "weight_triangle": ("case", 1),
    "agreement_explorer": ("same_axes", True),
    "shelf_explorer": ("case", 1),
    "neighbour_picker": ("chosen", 1),
    "roc_slider": ("threshold", 0.8),
    "baseline_slider": ("case", 1),
    "fault_switches": ("faults", []),
    "heads_explorer": ("case", 1),
    "field_matrix": ("case", 1),
    "history_explorer": ("case", 2),
    "token_explorer": ("layer", 0),
    "prompt_parts": ("case", 0),
    "human_overlay": ("case", 1),
}
SHOW_ALL = f"""import sys
sys.path[:0] = [{str(REPO / "tests")!r}, {str(REPO / "tests/browser")!r}]
from explorers import ALL
explorers = {{make.__name__: make() for make in ALL}}
display(*explorers.values())"""
SET_ALL = f"""changes = {CHANGES!r}
starts = {{name: getattr(explorers[name], trait) for name, (trait, _) in changes.items()}}
for name, (trait, value) in changes.items():
    setattr(explorers[name], trait, value)
print("set all")"""
ASK_ALL = """ends = {name: getattr(explorers[name], trait) for name, (trait, _) in changes.items()}
print("not reset:", [name for name in ends if ends[name] != starts[name]])"""
SETTINGS = {
    "@jupyterlab/notebook-extension/tracker": '{"windowingMode": "none"}',  # keep cells that are out of sight
    "@jupyterlab/apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
}


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """The chapter's notebook, alone in an empty folder; two cells more talk to its explorer."""
    root = tmp_path_factory.mktemp("lab")
    notebook = notebook_of(CHAPTER, Book(REPO / "book"))
    notebook.cells += [nbformat.v4.new_code_cell(SET), nbformat.v4.new_code_cell(ASK)]
    nbformat.write(notebook, root / "chapter.ipynb")
    cells = [nbformat.v4.new_code_cell(source) for source in (SHOW_ALL, SET_ALL, ASK_ALL)]
    metadata = {"kernelspec": notebook.metadata["kernelspec"]}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), root / "explorers.ipynb")
    return root


@pytest.fixture(scope="module")
def lab(notebook):
    """The address of a JupyterLab in that folder, with nobody's settings but ours."""
    for name, setting in SETTINGS.items():
        path = notebook / "settings" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(setting)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folders = {
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
    }
    environment = os.environ | {name: str(notebook / folder) for name, folder in folders.items()}
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"),
        *(f"--port={port}", "--IdentityProvider.token=", f"--ServerApp.root_dir={notebook}"),
    ]
    log = (notebook / "lab.log").open("w")
    server = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/api/status", server, notebook / "lab.log")
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)
        log.close()


def wait_for(address, server, log):
    """Until the server answers; if it ends instead, its own words are the error."""
    for _ in range(120):
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(address, timeout=1):
                return
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"JupyterLab did not answer within a minute:\n{log.read_text()}")


@pytest.fixture
def opened(browser, lab):
    """Open a notebook of the folder, in a workspace of its own, with a kernel that waits and no network."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(60_000)  # a kernel starts, on a busy machine
    local = (lab, "blob:", "data:")
    context.route("**/*", lambda r: r.continue_() if r.request.url.startswith(local) else r.abort())

    def open_notebook(path: str):
        page = context.new_page()
        page.goto(f"{lab}/lab/workspaces/{Path(path).stem}/tree/{path}")
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        page.wait_for_selector("text=| Idle")
        return page

    yield open_notebook
    context.close()


def run(page, source: str, answer: str) -> str:
    """Run the cell that has this text; what it prints, once it has printed the answer's first words."""
    page.locator(".jp-CodeCell", has_text=source).last.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    printed = page.locator(".jp-OutputArea-output", has_text=answer)
    printed.wait_for()
    return printed.inner_text().strip()


def test_a_chapter_runs_and_its_explorer_answers_to_python_and_back(opened):
    """Run All ends without an error; Python moves the slider; the reader's slider is read in Python.

    Solutions are collapsed before and after.
    """
    page = opened("chapter.ipynb")
    solution = page.locator(".jp-CodeCell", has_text="even = entropy(")
    assert page.get_by_role("heading", name="Solution 3").is_visible()
    assert not solution.is_visible()
    page.locator(".lm-MenuBar-itemLabel", has_text="Run").click()
    page.get_by_text("Run All Cells", exact=True).click()

    answers = page.locator(".jp-OutputArea-output", has_text="temperature is")
    answers.wait_for(timeout=400_000)
    errors = page.locator('[data-mime-type="application/vnd.jupyter.stderr"]')
    assert errors.all_inner_texts() == []
    assert answers.inner_text().strip() == "temperature is 4.0"
    assert not solution.is_visible()

    slider = page.locator(FIELD).get_by_label("Temperature")
    slider.scroll_into_view_if_needed()
    page.wait_for_function("s => Number(s.getAttribute('aria-valuetext')) === 4", arg=slider.element_handle())
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    moved = float(slider.get_attribute("aria-valuetext"))
    assert moved < 4.0
    assert run(page, "temperature is", f"temperature is {moved}") == f"temperature is {moved}"


def test_every_explorer_answers_to_python_and_back(opened):
    """A trait that Python sets redraws its explorer; the reader's Reset brings picture and trait back."""
    assert CHANGES.keys() == {make.__name__ for make in ALL}
    page = opened("explorers.ipynb")
    page.locator(".jp-CodeCell").first.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    roots = page.locator(".jp-OutputArea .av-root")
    page.wait_for_function("n => document.querySelectorAll('.av-root').length === n", arg=len(ALL))
    before = roots.locator(".av-figure").all_inner_texts()

    run(page, "set all", "set all")
    page.wait_for_function(
        """before => [...document.querySelectorAll('.av-root .av-figure')]
            .every((figure, i) => figure.innerText !== before[i])""",
        arg=before,
    )
    for name, root in zip(CHANGES, roots.all(), strict=True):
        assert root.get_by_role("button", name="Reset").count() == 1, name
        root.get_by_role("button", name="Reset").click()
    assert roots.locator(".av-figure").all_inner_texts() == before
    assert run(page, "not reset", "not reset") == "not reset: []"


def test_an_explorer_stands_alone_on_the_screen_and_returns_to_its_cell(opened):
    """By its button, large and beside its controls; keys move a slider there, and Escape leaves."""
    page = opened("explorers.ipynb")
    page.locator(".jp-CodeCell").first.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    explorer = page.locator(f".jp-OutputArea {FIELD}")
    explorer.get_by_role("button", name="Projector").click()
    dialog = page.locator("dialog.av-projector[open]")
    controls, figure = (dialog.locator(name).bounding_box() for name in (".av-controls", ".av-figure"))
    assert controls["x"] + controls["width"] <= figure["x"]
    assert min(size for size, _ in text_sizes(dialog)) >= 17.99
    slider = dialog.get_by_label("Temperature")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert float(slider.get_attribute("aria-valuetext")) < 1
    page.keyboard.press("Escape")
    assert dialog.count() == 0
    assert float(explorer.get_by_label("Temperature").get_attribute("aria-valuetext")) < 1
