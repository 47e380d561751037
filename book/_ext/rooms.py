"""The rooms of the package, read from its imports: `make rooms` counts, the architecture page draws them.

A room is a folder or a module that lies directly in the package; the face (`__init__`, `__main__`) is none.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

Arrows = dict[str, set[str]]

PACKAGE = Path(__file__).parents[2] / "attnviz"
FACE = ("__init__", "__main__")


def modules(package: Path = PACKAGE) -> dict[str, Path]:
    """Every module by its dotted name below the package; a folder's `__init__` has the folder's name."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        if len(parts) > 1 and parts[-1] == "__init__":
            parts = parts[:-1]
        found[".".join(parts)] = path
    return found


def module_arrows(package: Path = PACKAGE, *, faces: bool = False) -> Arrows:
    """For each module, the modules that it imports, wherever in the file it does so.

    The package's face is left out. What the faces of its rooms import is no arrow unless `faces`: they only
    show what is there.
    """
    known = {name: path for name, path in modules(package).items() if name not in FACE}
    return {
        name: set() if is_face(path) and not faces else set(_imported(path, package, known)) - {name}
        for name, path in known.items()
    }


def is_face(path: Path) -> bool:
    """Whether a file is an `__init__` that holds imports and their list only."""
    rest = (ast.Expr, ast.Import, ast.ImportFrom, ast.Assign)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return path.stem == "__init__" and all(isinstance(node, rest) for node in tree.body)


def _imported(path: Path, package: Path, known: Mapping[str, Path]) -> Iterator[str]:
    for name in imported_names(path, package):
        parts = name.split(".")
        prefixes = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
        if (module := next((prefix for prefix in prefixes if prefix in known), None)) is not None:
            yield module


def imported_names(path: Path, package: Path = PACKAGE) -> Iterator[str]:
    """Every name of ours that a file imports, dotted below the package; `__init__` for the package itself."""
    here = [package.name, *path.relative_to(package).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) + 1 - node.level] if node.level else []
            base = [*base, *(node.module or "").split(".")] if node.module else base
            names = [".".join([*base, alias.name]) for alias in node.names]
        for name in names:
            top, _, below = name.partition(".")
            if top == package.name:
                yield below or "__init__"


def room_arrows(arrows: Arrows) -> Arrows:
    """The same arrows between rooms; those inside one room are left out."""
    rooms: Arrows = {name.split(".")[0]: set() for name in arrows}
    for name, targets in arrows.items():
        room = name.split(".")[0]
        rooms[room] |= {target.split(".")[0] for target in targets} - {room}
    return rooms


def circles(arrows: Arrows) -> list[set[str]]:
    """The groups whose members all reach each other."""
    reached = {name: _reached(name, arrows) for name in arrows}
    groups = []
    for name in arrows:
        group = {other for other in reached[name] if name in reached[other]}
        if group and group not in groups:
            groups.append(group)
    return groups


def _reached(name: str, arrows: Arrows) -> set[str]:
    seen: set[str] = set()
    waiting = [*arrows[name]]
    while waiting:
        if (one := waiting.pop()) not in seen:
            seen.add(one)
            waiting += arrows[one]
    return seen


def floors(arrows: Arrows) -> int:
    """The number of nodes on the longest path; a circle counts as one node."""
    circle_of = {name: min(group) for group in circles(arrows) for name in group}
    joined: Arrows = {circle_of.get(name, name): set() for name in arrows}
    for name, targets in arrows.items():
        own = circle_of.get(name, name)
        joined[own] |= {circle_of.get(target, target) for target in targets} - {own}
    heights: dict[str, int] = {}

    def height(name: str) -> int:
        if name not in heights:
            heights[name] = 1 + max(map(height, joined[name]), default=0)
        return heights[name]

    return max(map(height, joined))


def sentence_of(room: str, package: Path = PACKAGE) -> str:
    """The first line of a room's docstring."""
    text = ast.get_docstring(ast.parse(modules(package)[room].read_text(encoding="utf-8")))
    return (text or "").split("\n")[0]


def drawing(package: Path = PACKAGE) -> str:
    """The rooms and their arrows as a mermaid graph; an arrow that a longer way implies is left out."""
    arrows = room_arrows(module_arrows(package))
    lines = ["flowchart TB", *(f"  {room}" for room in arrows)]
    for room, targets in sorted(arrows.items()):
        implied = set().union(*(_reached(target, arrows) for target in targets))
        lines += [f"  {room} --> {target}" for target in sorted(targets - implied)]
    return "\n".join(lines)


def counts(package: Path = PACKAGE) -> dict[str, int]:
    """How large the house is, and how tangled."""
    arrows = module_arrows(package)
    rooms = room_arrows(arrows)
    return {
        "modules": len(arrows),
        "rooms": len(rooms),
        "arrows between modules": sum(map(len, arrows.values())),
        "arrows between rooms": sum(map(len, rooms.values())),
        "floors of modules": floors(arrows),
        "floors of rooms": floors(rooms),
        "circles of modules": len(circles(arrows)),
        "circles of rooms": len(circles(rooms)),
    }


def main(arguments: list[str]) -> None:
    """Print the counts of the package, or of the one in the folder that is given."""
    package = Path(arguments[0]) if arguments else PACKAGE
    for name, number in counts(package).items():
        print(f"{name:<24}{number:>5}")


if __name__ == "__main__":
    main(sys.argv[1:])
