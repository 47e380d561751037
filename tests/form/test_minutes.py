"""What a reader meets of a chapter is counted as a reader would count it."""

import pytest
from chapter_form.minutes import count_words, size_of
from chapter_form.source import read_chapter

CHAPTER = """---
kernelspec: {name: python3}
---

# One two

:::{guess} Three four?
:right: 1
:veil: .av-verdict

- Five
- Six
:::

```{code-cell} ipython3
---
tags: [hide-input]
mystnb: {code_prompt_show: "The shop → ann"}
---
ann = "not a word of prose"
av.widgets.ReasonExplorer(claim=av.widgets.Claim())
```

```{code-cell} ipython3
say = ann

print(say)
```

```{mermaid}
:alt: Not read.
a --> b
```

:::{check} Seven?
:right: 1

- Eight
  - Folded one.
- Nine
  - Folded two three.
:::

````{solution-start} label
:class: dropdown
````

```{code-cell} ipython3
hidden = 1
```

Folded four five six.

```{solution-end}
```

Ten.
"""


def test_words_are_those_outside_of_folds():
    """Ten numbered words are read; reasons and a solution are folded, options are nothing."""
    size = size_of(read_chapter(CHAPTER))
    assert (size.words, size.folded_words) == (10, 9)


def test_lines_are_those_of_visible_cells():
    """A tagged cell and the cell of a solution are folded; an empty line is none; a claim is no explorer."""
    chapter = read_chapter(CHAPTER)
    assert [cell.folded for cell in chapter.cells] == [True, False, True]
    assert chapter.cells[0].names == ["ann"]
    size = size_of(chapter)
    assert (size.lines, size.explorers) == (2, 1)
    assert size.minutes == pytest.approx(10 / 130 + 2 / 4 + 5)
    assert size.stated == 10


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("A {term}`Shapley value <shapley>` is [an average](page.md) of *orders*.", 8),
        ("| 0.5 × (1 − 1) = **0** |", 4),
        (":label: nothing-that-is-read", 0),
        ("", 0),
    ],
)
def test_a_word_is_what_is_read(line, words):
    """The words of links and roles are read, their targets and the options of a directive are not."""
    assert count_words(line) == words
