"""Sphinx extension: ```{rooms}``` draws the rooms of the package and says what each is for, from the code."""

import rooms
from docutils import nodes
from local_assets import diagram
from sphinx.util.docutils import SphinxDirective

ALT = "The rooms of the package; an arrow goes from a room to one that it imports. The list says it too."


class RoomsDirective(SphinxDirective):
    """A picture, and below it one line a room: what it is for, and which rooms it imports."""

    def run(self):
        for path in rooms.modules().values():
            self.env.note_dependency(str(path))
        arrows = rooms.room_arrows(rooms.module_arrows())
        return [
            diagram(source=rooms.drawing(), alt=ALT),
            nodes.bullet_list("", *(_line(room, sorted(arrows[room])) for room in sorted(arrows))),
        ]


def _line(room: str, targets: list[str]) -> nodes.list_item:
    imports = f" It imports {', '.join(targets)}." if targets else " It imports no other room."
    sentence = nodes.Text(f": {rooms.sentence_of(room)}{imports}")
    return nodes.list_item("", nodes.paragraph("", "", nodes.literal(text=room), sentence))


def setup(app):
    """Register with Sphinx."""
    app.add_directive("rooms", RoomsDirective)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
