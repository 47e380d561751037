"""JupyterLab runs a chapter, and its explorer answers to Python and back."""

import os
import socket
import subprocess
import sys
import time
import urllib.request

import jupytext
import nbformat
import pytest
from pages import FIELD, REPO

CHAPTER = REPO / "book" / "chapters" / "how-is-a-weight-computed.md"
SET = """import attnviz as av
explorer = [value for value in Out.values() if isinstance(value, av.widgets.FieldExplorer)][-1]
explorer.temperature = 4.0
print("set")"""
ASK = 'print("temperature is", round(explorer.temperature, 2))'
SETTINGS = {
    "@jupyterlab/notebook-extension/tracker": '{"windowingMode": "none"}',  # keep cells that are out of sight
    "@jupyterlab/apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
}


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """The chapter as a notebook, in a copy of the book's folders; two cells talk to its explorer."""
    root = tmp_path_factory.mktemp("lab")
    (root / "book" / "chapters").mkdir(parents=True)
    if (REPO / "_build" / "models").exists():  # the models that the book has trained already
        (root / "_build").mkdir()
        (root / "_build" / "models").symlink_to(REPO / "_build" / "models")
    notebook = jupytext.read(CHAPTER)
    # A stub of an exercise is for the reader to fill in.
    notebook.cells = [c for c in notebook.cells if "skip-execution" not in c.metadata.get("tags", [])]
    notebook.cells += [nbformat.v4.new_code_cell(SET), nbformat.v4.new_code_cell(ASK)]
    nbformat.write(notebook, root / "book" / "chapters" / "chapter.ipynb")
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


def test_a_chapter_runs_and_its_explorer_answers_to_python_and_back(browser, lab):
    """Run All ends without an error; Python moves the slider; the reader's slider is read in Python."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    local = (lab, "blob:", "data:")
    context.route("**/*", lambda r: r.continue_() if r.request.url.startswith(local) else r.abort())
    page = context.new_page()
    page.goto(f"{lab}/lab/tree/book/chapters/chapter.ipynb")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.wait_for_selector("text=| Idle", timeout=60_000)
    page.locator(".lm-MenuBar-itemLabel", has_text="Run").click()
    page.get_by_text("Run All Cells", exact=True).click()

    answers = page.locator(".jp-OutputArea-output", has_text="temperature is")
    answers.wait_for(timeout=400_000)
    errors = page.locator('[data-mime-type="application/vnd.jupyter.stderr"]')
    assert errors.all_inner_texts() == []
    assert answers.inner_text().strip() == "temperature is 4.0"

    slider = page.locator(FIELD).get_by_label("Temperature")
    slider.scroll_into_view_if_needed()
    page.wait_for_function("s => Number(s.getAttribute('aria-valuetext')) === 4", arg=slider.element_handle())
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    moved = float(slider.get_attribute("aria-valuetext"))
    assert moved < 4.0

    ask = page.locator(".jp-CodeCell", has_text="temperature is").last
    ask.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    page.locator(".jp-OutputArea-output", has_text=f"temperature is {moved}").wait_for()
    context.close()
