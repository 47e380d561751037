"""What a fresh machine gets: one list of requirements, a wheel that is whole, and a README that works."""

import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from places import REPO

import attnviz

PROJECT = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
ALL_REQUIREMENTS = [*PROJECT["dependencies"], *(r for extra in EXTRAS.values() for r in extra)]
TORCH_PINS = (REPO / "constraints-torch.txt").read_text(encoding="utf-8")
PINS = (REPO / "constraints.txt").read_text(encoding="utf-8") + TORCH_PINS


def run(*command, **options) -> str:
    """The standard output of a command; what it said on stderr is shown where it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from this checkout without fetching anything."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, REPO)
    return next(folder.glob("*.whl"))


@pytest.mark.parametrize("text", ALL_REQUIREMENTS)
def test_every_requirement_has_both_bounds(text):
    """A lower bound that is known to work, and an upper one before the next breaking version."""
    operators = {clause.operator for clause in Requirement(text).specifier}
    assert operators & {">=", "=="}
    assert operators & {"<", "<=", "=="}


@pytest.mark.parametrize("text", ALL_REQUIREMENTS)
def test_every_requirement_is_pinned_and_explained(text):
    """constraints.txt holds a version inside the bounds, CONTRIBUTING.md says why the package is here."""
    requirement = Requirement(text)
    pin = re.search(rf"^{re.escape(requirement.name)}==([^\s;]+)", PINS, re.MULTILINE | re.IGNORECASE)
    assert pin, "make constraints"
    assert requirement.specifier.contains(pin[1])
    table = re.findall(r"^\| (.*?) \|", (REPO / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert requirement.name in {name for cell in table for name in cell.split(", ")}


def test_every_pin_has_the_digests_of_its_files():
    """Pip refuses any file whose SHA-256 is not listed, and any requirement without one."""
    pins = re.findall(r"^([\w.-]+==\S+.*?)(?=^\S|\Z)", PINS, re.MULTILINE | re.DOTALL)
    assert len(pins) > 200
    assert [pin for pin in pins if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", pin)] == []


def test_one_torch_is_pinned():
    """The version that `make constraints` takes the other pins beside is the one of both indexes."""
    pinned = re.findall(r"^torch==([\d.]+)", TORCH_PINS, re.MULTILINE)
    taken = re.findall(r"torch==([\d.]+)", (REPO / "Makefile").read_text(encoding="utf-8"))
    assert len(pinned) == 2
    assert set(pinned) == set(taken)
    assert version("torch").split("+")[0] in pinned


def test_conda_and_binder_list_the_same_requirements():
    """environment.yml repeats the core and the extras `llm` and `book`; Binder reads a copy of that file."""
    text = (REPO / "environment.yml").read_text(encoding="utf-8")
    pip = next(part["pip"] for part in yaml.safe_load(text)["dependencies"] if isinstance(part, dict))
    assert [line for line in pip if not line.startswith("-")] == [
        *PROJECT["dependencies"],
        *EXTRAS["llm"],
        *EXTRAS["book"],
    ]
    assert (REPO / ".binder/environment.yml").read_text(encoding="utf-8") == text


def test_there_is_one_version():
    """The package, pyproject.toml and the changelog agree."""
    assert attnviz.__version__ == PROJECT["version"]
    assert f"## [{attnviz.__version__}]" in (REPO / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_wheel_carries_the_whole_package(wheel):
    """The wheel holds each file of `attnviz/`, the explorers' JS and CSS too, and the command: no more."""
    ours = {
        path.relative_to(REPO).as_posix()
        for path in (REPO / "attnviz").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == ours | {"attnviz_command.py"}
    assert any(name.endswith(".js") for name in packed)
    assert "attnviz/py.typed" in packed


def test_the_installed_wheel_makes_an_explorer(wheel, tmp_path):
    """In a new environment, far from this checkout, an explorer comes with its script and its style."""
    venv.create(tmp_path / "new", with_pip=False)
    python = tmp_path / "new" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", site, wheel)
    # The other libraries are borrowed from this environment. A .pth line is read in one go, so the borrowed
    # folder's own .pth files, the one of an editable attnviz among them, are not.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    code = """
import numpy as np, attnviz
from attnviz.widgets import FieldExplorer
scarf = {"title": "Scarf", "tags": "wool", "price": "9.00"}
explorer = FieldExplorer(
    query_scores=np.zeros((1, 1, 2)), vectors=np.ones((1, 1, 2, 3)), head_weight=np.ones(3), head_bias=0.0,
    fields=["tags", "price"], shoppers=["Ann"], products=[scarf],
)
print(attnviz.__file__, len(str(explorer._esm)), len(str(explorer._css)), sep="|")
"""
    place, script, style = run(python, "-I", "-c", code, cwd=tmp_path).strip().split("|")
    assert Path(place).is_relative_to(site)
    assert int(script) > 1000
    assert int(style) > 100
    printed = run(python, "-I", "-m", "attnviz", "--version", cwd=tmp_path)
    assert printed == f"attnviz {attnviz.__version__}\n"


def test_the_command_attnviz_is_the_command_line(monkeypatch, capsys):
    """The installed command does what `python -m attnviz` does."""
    (command,) = entry_points(group="console_scripts", name="attnviz")
    monkeypatch.setattr(sys, "argv", ["attnviz", "--version"])
    with pytest.raises(SystemExit, match="0"):
        command.load()()
    assert capsys.readouterr().out == f"attnviz {attnviz.__version__}\n"


def test_the_lines_in_the_readme_work(tmp_path):
    """README's Python block runs as it stands, in an empty folder, and prints its recommendations."""
    readme = (REPO / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1
    out = run(sys.executable, "-c", blocks[0], cwd=tmp_path)
    assert "item_id" in out
    assert "'reviews':" in out


def test_the_readme_names_every_chapter():
    """The list of chapters in README is the one in _toc.yml."""
    toc = yaml.safe_load((REPO / "_toc.yml").read_text(encoding="utf-8"))
    files = [page["file"] for part in toc["parts"] for page in part["chapters"]]
    chapters = [file for file in files if file.startswith("book/chapters/")]
    readme = (REPO / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"\((book/chapters/.*?)\.md\)", readme) == chapters


def workflow_commands() -> list[str]:
    """The commands of all workflows."""
    files = sorted((REPO / ".github/workflows").glob("*.yml"))
    jobs = [
        job for file in files for job in yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"].values()
    ]
    return [step["run"] for job in jobs for step in job["steps"] if "run" in step]


def test_workflows_call_targets_that_exist():
    """Each `make NAME` of a workflow is a target of the Makefile; lint, test, book and wheel are called."""
    targets = re.findall(r"^([a-z]+):", (REPO / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    called = {name for line in workflow_commands() for name in re.findall(r"\bmake (\w+)", line)}
    assert {"lint", "test", "book", "wheel"} <= called <= set(targets)


def test_the_citation_names_this_version():
    """CITATION.cff's version is the package's."""
    citation = yaml.safe_load((REPO / "CITATION.cff").read_text(encoding="utf-8"))
    assert str(citation["version"]) == attnviz.__version__
    assert citation["title"].startswith("attnviz")


def test_one_floor_of_python():
    """README, CONTRIBUTING, the Makefile and pyproject.toml name the same oldest Python."""
    floor = PROJECT["requires-python"].removeprefix(">=")
    for name in ("README.md", "CONTRIBUTING.md", "Makefile"):
        text = (REPO / name).read_text(encoding="utf-8")
        assert set(re.findall(r"Python (3\.[\d.]*\d) or newer", text)) == {floor}


def test_the_readme_links_only_to_what_the_sdist_ships():
    """Every relative link of README is a file, and lies in what the sdist includes."""
    sdist = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    shipped = sdist["targets"]["sdist"]["include"]
    links = re.findall(r"\]\((?!https?:)(.+?)\)", (REPO / "README.md").read_text(encoding="utf-8"))
    assert len(links) > 20
    for link in links:
        assert (REPO / link).is_file()
        assert any(link == name or link.startswith(f"{name}/") for name in shipped)


def test_the_hooks_call_the_tools_of_make_lint():
    """What pre-commit runs is what `make lint` runs: ruff twice, codespell and mypy."""
    hooks = yaml.safe_load((REPO / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0][
        "hooks"
    ]
    lint = re.search(
        r"^lint:.*\n((?:\t.*\n)+)", (REPO / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    commands = [line.removeprefix("\t$(BIN)/").removesuffix(" .") for line in lint[1].splitlines()]
    assert [hook["entry"].removeprefix(".venv/bin/") for hook in hooks] == commands
