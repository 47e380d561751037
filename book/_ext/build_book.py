"""Build the book into `_build/html` and say how long each chapter took: `make book`.

Sphinx alone leaves three gaps, which this script closes:
an unchanged second build passes although the first one failed; the execution cache does not see changes in
`attnviz/`; and nobody sees which chapter is slow.
"""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor
from vendored import digest, fetch_fonts, fetch_mermaid

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "_build"
CACHE = BUILD / ".jupyter_cache"
WORKERS = 2
DOCTREES = BUILD / ".doctrees"
STAMP = BUILD / ".book"  # what the last build was made of, and whether it was good


def digests() -> dict[str, str]:
    """What pages depend on besides their own text: the package, the real data, what trains, the contents."""
    everything = [p for p in (ROOT / "attnviz").rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    everything.append(ROOT / "constraints.txt")
    seen_only = ("widgets", "static", "plots")
    training = [path for path in everything if not set(seen_only) & set(path.parts)]
    with_stays = "with" if os.environ.get("ATTNVIZ_REAL_DATA") else "without"
    return {
        "outputs": f"{digest(everything, ROOT)} {with_stays} real data",
        "models": digest(training, ROOT),
        "frame": digest([ROOT / "_config.yml", ROOT / "_toc.yml"], ROOT),
    }


def drop_what_is_stale(now: dict[str, str]) -> None:
    """Forget what another version of the package made, and the pages of a build that did not end well."""
    last = json.loads(STAMP.read_text()) if STAMP.exists() else {}
    same_outputs = last.get("outputs") == now["outputs"]
    if last and not same_outputs:
        print("the package changed: every chapter is executed again")
    if not same_outputs:
        shutil.rmtree(CACHE, ignore_errors=True)
    same_frame = last.get("frame") == now["frame"]  # the sidebar stands on every page
    if not (same_outputs and same_frame and last["good"]):
        shutil.rmtree(DOCTREES, ignore_errors=True)
    if last.get("models") != now["models"]:
        shutil.rmtree(BUILD / "models", ignore_errors=True)


def set_environment() -> None:
    """Build with no progress bars on a printed page, nobody's own IPython profile, and a thread a kernel."""
    profile = BUILD / "ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    # A kernel of this machine only: its warning about unencrypted TCP is out of place.
    (profile / "ipython_kernel_config.py").write_text('get_config().IPKernelApp.log_level = "ERROR"\n')
    os.environ.update(TQDM_DISABLE="1", IPYTHONDIR=str(profile.parent), OMP_NUM_THREADS="1")


def execute(chapter: str) -> None:
    """Execute a chapter into the cache, unless it is there; one that fails is left to the build."""
    load_executor("local-serial", get_cache(str(CACHE))).run_and_cache(filter_uris=[chapter], timeout=600)


def execute_chapters() -> None:
    """Execute the chapters and the first page before the build, two at a time, the longest one first."""
    cache = get_cache(str(CACHE))
    paths = sorted((ROOT / "book" / "chapters").glob("*.md"), key=lambda path: path.stem != "real-stays")
    # The first page reads a model that a chapter trains, so it comes last.
    chapters = [*map(str, paths), *(str(ROOT / "book" / f"{page}.md") for page in ("your-own-data", "index"))]
    for chapter in chapters:
        cache.add_nb_to_project(chapter, read_data={"name": "myst_nb_md", "type": "plugin"})
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        list(pool.map(execute, chapters))


def executions() -> dict[str, tuple[int, float]]:
    """Return the newest execution of each page: its number in the cache and its seconds."""
    records = get_cache(str(CACHE)).list_cache_records() if CACHE.exists() else []
    newest = {}
    for record in sorted(records, key=lambda record: record.pk):
        newest[record.uri] = (record.pk, record.data.get("execution_seconds", 0.0))
    return newest


def print_seconds(before: dict, after: dict) -> None:
    """Print each chapter's seconds, and how many were executed just now."""
    pages = {uri: run for uri, run in after.items() if Path(uri).exists()}
    for uri, (_, seconds) in sorted(pages.items()):
        print(f"{Path(uri).stem:<40}{seconds:>8.1f} s{'' if before.get(uri) == after[uri] else '  now'}")
    now = sum(before.get(uri) != after[uri] for uri in pages)
    print(f"{'all chapters':<40}{sum(s for _, s in pages.values()):>8.1f} s")
    print(f"{now} executed, {len(pages) - now} from the cache")


def main() -> int:
    """Build once, and note of what and how it ended."""
    BUILD.mkdir(exist_ok=True)
    now = digests()
    print(fetch_mermaid(BUILD / "npm"))
    print(fetch_fonts(BUILD / "npm"))
    drop_what_is_stale(now)
    STAMP.write_text(json.dumps({**now, "good": False}))
    before = executions()
    set_environment()
    execute_chapters()
    jupyter_book = Path(sys.executable).with_name("jupyter-book")
    command = [str(jupyter_book), "build", str(ROOT), "-n", "-W", "--keep-going"]
    code = subprocess.run(command, stdin=subprocess.DEVNULL).returncode
    print_seconds(before, executions())
    STAMP.write_text(json.dumps({**now, "good": code == 0}))
    return code


if __name__ == "__main__":
    sys.exit(main())
