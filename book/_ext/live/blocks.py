"""The directives of MyST, as Markdown that every notebook shows; what is unknown stands as its words."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from chapter_form.folds import NOT_SHOWN
from chapter_form.source import split_options

from .words import Words

FENCE = re.compile(r"^(\s*)(`{3,}|:{3,})(?:\{([\w:-]+)\})?[ \t]*(.*)$")
UNSEEN = re.compile(r"^(?:\([\w.-]+\)=|% .*|%|\+\+\+.*)$")
CALLOUTS = {"not-shown": NOT_SHOWN, "seealso": "See also", "margin": "", "sidebar": ""}
PICTURES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}
LETTERS = "abcdefgh"


@dataclass
class Directive:
    """What stands between two fences."""

    name: str
    argument: str
    options: dict
    body: str


@dataclass
class Part:
    """Some Markdown of a notebook; `begins` is "solution" or "" where something else starts."""

    text: str
    begins: str | None = None
    pictures: dict[str, dict[str, str]] = field(default_factory=dict)  # name -> kind -> base64


@dataclass
class Blocks:
    """Makes the blocks of one chapter plain, in order: exercises and questions are counted."""

    words: Words
    folder: Path  # that paths in the chapter start from
    exercises: int = 0
    questions: int = 0

    def parts(self, text: str) -> list[Part]:
        """Markdown of a chapter between two code cells, apart where a solution starts or ends."""
        parts = [Part("")]
        for block in split(text):
            made = self._directive(block) if isinstance(block, Directive) else Part(self._prose(block))
            if made.begins is not None:
                parts.append(made)
            elif made.text.strip():
                parts[-1].text = f"{parts[-1].text}\n\n{made.text}".strip("\n")
                parts[-1].pictures |= made.pictures
        return [part for part in parts if part.text or part.begins is not None]

    def plain(self, text: str) -> str:
        """All of it in one piece, for what stands inside something else."""
        return "\n\n".join(part.text for part in self.parts(text) if part.text)

    def _prose(self, text: str) -> str:
        if text.lstrip().startswith("```"):
            return text
        lines = (line for line in text.split("\n") if not UNSEEN.match(line))
        return self.words.plain("\n".join(lines)).strip("\n")

    def _directive(self, one: Directive) -> Part:
        method = getattr(self, f"_on_{one.name.replace('-', '_')}", None)
        return method(one) if method else Part(self._callout(one))

    def _callout(self, one: Directive) -> str:
        """A quotation with its kind or its title in bold; a fold where the book has one."""
        title = self.words.plain(one.argument) or CALLOUTS.get(one.name, one.name.capitalize())
        body = self.plain(one.body)
        if "dropdown" in one.options.get("class", ""):
            return fold(title, body)
        return quotation(f"**{title}**\n\n{body}".strip() if title else body)

    def _on_dropdown(self, one: Directive) -> Part:
        return Part(fold(self.words.plain(one.argument), self.plain(one.body)))

    def _on_raw(self, one: Directive) -> Part:
        return Part("")

    def _on_math(self, one: Directive) -> Part:
        return Part(f"$$\n{one.argument}{one.body}\n$$")

    def _on_mermaid(self, one: Directive) -> Part:
        return Part(f"```mermaid\n{one.body}\n```")

    def _on_figure(self, one: Directive) -> Part:
        path = self.folder / one.argument
        picture = base64.b64encode(path.read_bytes()).decode()
        number = self.words.figures.get(one.options.get("name"))
        said = caption(self.plain(one.body), number) if one.body.strip() else ""
        shown = f"![{one.options.get('alt', '')}](attachment:{path.name})\n\n{said}".strip()
        return Part(shown, pictures={path.name: {PICTURES[path.suffix]: picture}})

    _on_image = _on_figure

    def _on_exercise_start(self, one: Directive) -> Part:
        self.exercises += 1
        title = f": {self.words.plain(one.argument)}" if one.argument else ""
        return Part(f"### Exercise {self.exercises}{title}\n\n{self.plain(one.body)}".strip())

    _on_exercise = _on_exercise_start

    def _on_exercise_end(self, one: Directive) -> Part:
        return Part("")

    def _on_solution_start(self, one: Directive) -> Part:
        return Part(f"#### Solution {self.exercises}\n\n{self.plain(one.body)}".strip(), begins="solution")

    def _on_solution_end(self, one: Directive) -> Part:
        return Part("", begins="")

    def _on_guess(self, one: Directive) -> Part:
        answers = [answer for answer, _ in answers_of(one.body)]
        listed = "\n".join(f"- {self.words.plain(answer)}" for answer in answers)
        right = self.words.plain(answers[int(one.options["right"]) - 1])
        return Part(
            f"**Guess first. {self.words.plain(one.argument)}**\n\n{listed}\n\n{fold('What is right', right)}"
        )

    def _on_check(self, one: Directive) -> Part:
        self.questions += 1
        listed, reasons = [], []
        for place, (said, reason) in enumerate(answers_of(one.body)):
            right = "Right" if place + 1 == int(one.options["right"]) else "Not"
            listed.append(f"- **{LETTERS[place]}** {self.words.plain(said)}")
            reasons.append(f"- **{LETTERS[place]}** {right}: {self.words.plain(reason)}")
        asked = f"**{self.questions}.** {self.words.plain(one.argument)}"
        key = fold("The answer, with reasons", "\n".join(reasons))
        return Part("\n\n".join([asked, "\n".join(listed), key]))

    def _on_verdict(self, one: Directive) -> Part:
        return Part(quotation(f"**Verdict: {one.argument}.**\n\n{self.plain(one.body)}"))


def split(text: str) -> Iterator[str | Directive]:
    """Prose, fenced code as it is, and directives, in order; what is in a directive is left in its body."""
    lines, prose = text.split("\n"), []
    while lines:
        line = lines.pop(0)
        if not (found := FENCE.match(line)):
            prose.append(line)
            continue
        indent, fence, name, argument = found.groups()
        body = _until(fence, lines)
        yield "\n".join(prose)
        prose = []
        if name:
            yield directive(name, argument, [one.removeprefix(indent) for one in body])
        else:
            yield "\n".join([line, *body, f"{indent}{fence}"])
    yield "\n".join(prose)


def _until(fence: str, lines: list[str]) -> list[str]:
    """Take the lines up to the closing fence, which is at least as long as the opening one."""
    body = []
    while lines and not re.fullmatch(rf"\s*{fence[0]}{{{len(fence)},}}\s*", lines[0]):
        body.append(lines.pop(0))
    del lines[:1]
    return body


def directive(name: str, argument: str, body: list[str]) -> Directive:
    """Read a directive's options, in either form, off its body."""
    body, options = split_options(body)
    return Directive(name, argument.strip(), options, "\n".join(body).strip("\n"))


def answers_of(body: str) -> list[tuple[str, str]]:
    """Each answer of a list with the reason below it, or with none."""
    answers: list[tuple[list[str], list[str]]] = []
    for line in body.split("\n"):
        if found := re.match(r"^[-*] +(.*)$", line):
            answers.append(([found[1]], []))
        elif found := re.match(r"^\s+[-*] +(.*)$", line):
            answers[-1][1].append(found[1])
        elif line.strip() and answers:
            said, reason = answers[-1]
            (reason or said).append(line.strip())
    return [(" ".join(said), " ".join(reason)) for said, reason in answers]


def caption(text: str, number: int | None) -> str:
    """What stands below a figure."""
    return f"**Figure {number}.** {text}" if number else f"*Figure.* {text}"


def fold(title: str, body: str) -> str:
    """Markdown that is hidden until the reader opens it."""
    return f"<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>"


def quotation(text: str) -> str:
    """Markdown with a bar beside it."""
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
