"""Runs a benchmark, prints its table and writes it for the book.

    python -m benchmarks                       # lists all
    python -m benchmarks quality --help        # the options of one
    python -m benchmarks quality --seeds 1     # writes book/_results/quality.csv

A benchmark is a module of this folder with a function `measure`. Its parameters are keywords, and they are
the options: the type and the choices come from the annotation, the default from the signature, the help from
the docstring. It returns a table, which gets the module's name, or a `results.Result`. A function
`summary(table) -> str`, if the module has one, says what is printed of it; `draw(table) -> Figure` makes a
picture of what the file then holds, beside it.
"""

import ast
import inspect
import re
from argparse import ArgumentParser, BooleanOptionalAction, RawDescriptionHelpFormatter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType, UnionType
from typing import Annotated, Any, get_args, get_origin

FOLDER = Path(__file__).parent


def run(arguments: list[str]) -> None:
    """Run the benchmark that the first argument names with the options behind it; without one, list all."""
    known = benchmarks()
    if not arguments or arguments[0] in ("-h", "--help"):
        width = max(map(len, known))
        print("\n".join(f"{name:{width}}  {line}" for name, line in known.items()))
        return
    name, *options = arguments
    if name not in known:
        raise SystemExit(f"NAME must be one of {', '.join(known)}; got {name!r}")
    module = import_module(f"{__package__}.{name}")
    given = vars(parser_of(name, module).parse_args(options))
    write(name, module, module.measure(**given))


def benchmarks() -> dict[str, str]:
    """The names, each with the first line of its docstring. Nothing is imported."""
    trees = {path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.py"))}
    return {
        name: (ast.get_docstring(tree) or "").split("\n")[0]
        for name, tree in trees.items()
        if any(isinstance(part, ast.FunctionDef) and part.name == "measure" for part in tree.body)
    }


def parser_of(name: str, module: ModuleType) -> ArgumentParser:
    """The options of a benchmark, one for each parameter of its `measure`."""
    parser = ArgumentParser(
        f"python -m benchmarks {name}",
        description=module.__doc__,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    texts = described(module.measure)
    for option in inspect.signature(module.measure, eval_str=True).parameters.values():
        text = texts.get(option.name, "").replace("%", "%%")
        parser.add_argument(f"--{option.name.replace('_', '-')}", help=text, **settings(option))
    return parser


def settings(option: inspect.Parameter) -> dict[str, Any]:
    """What `add_argument` needs to know of a parameter.

    The annotation is int, float, str, bool, Path, one of these or None, or a tuple of one of them;
    `Annotated[..., choices]` lists what is allowed.
    """
    kind, found = option.annotation, {}
    if get_origin(kind) is Annotated:
        kind, found["choices"] = get_args(kind)
    found |= dict(required=True) if option.default is option.empty else dict(default=option.default)
    if kind is bool:
        return found | dict(action=BooleanOptionalAction)
    if get_origin(kind) is tuple:
        return found | dict(type=get_args(kind)[0], nargs="*")
    return found | dict(type=get_args(kind)[0] if isinstance(kind, UnionType) else kind)


def described(function: Callable) -> dict[str, str]:
    """The text of each parameter in the docstring's Args."""
    section = (inspect.getdoc(function) or "").partition("\nArgs:\n")[2].split("\n\n")[0]
    found = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", section, flags=re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in found}


def write(name: str, module: ModuleType, measured: Any) -> None:
    """Print what a benchmark found, and write it for the book."""
    # brings pandas, which `memory` must not have while it measures
    import matplotlib.pyplot as plt

    from attnviz.storage import whole

    from .results import Result, read_result, write_result

    result = measured if isinstance(measured, Result) else Result(measured)
    summary = getattr(module, "summary", None)
    print(summary(result.table) if summary else result.table.round(3).to_string(index=False))
    written = write_result(result.name or name, result.table, replace=result.replace)
    print(written)
    if draw := getattr(module, "draw", None):
        with plt.rc_context({"svg.hashsalt": name}), whole(written.with_suffix(".svg")) as draft:
            draw(read_result(written.stem)).savefig(draft, format="svg", metadata={"Date": None})
