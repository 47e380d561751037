"""A book of a glossary and a page, built with the extension that gives chapters their form."""

import re
import shutil
from io import StringIO
from pathlib import Path

from places import REPO
from sphinx.application import Sphinx

FRONT = """---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

"""
GLOSSARY = """# Glossary

```{glossary}
weight
  The number that a field gets *after* {term}`softmax`.

softmax
  What turns scores into weights: $e^{s_i}$ shared out.
```
"""
GUESS = """:::{guess} Did the *reviews* bring it?
:right: 2
:veil: .av-cell-push .av-verdict

- Yes, their weight is the tallest.
- No: they are `average` & dull.
- Nobody can tell.
:::
"""
CHECK = """:::{check} What is a {term}`weight`?
:right: 1

- A number after softmax.
  - It is between 0 and 1, **all** together 1.
- A reason.
  - It is the same for every product.
:::

:::{check} And a push?
:right: 2

- A weight.
  - A push has a sign, *always*.
- A change of the score.
  - It compares with an average product.
:::
"""
VERDICT = """:::{verdict} say this instead
“You usually choose by *reviews*.”
:::
"""
FOLD = """```{code-cell} ipython3
---
tags: [hide-input]
mystnb: {code_prompt_show: "The <shop> & its model → ann, rows"}
---
ann = rows = 1
```
"""
NOT_SHOWN = """:::{not-shown}
Whether she would agree.
:::
"""


def build(folder: Path, page: str, *, theme: str = "basic", glossary: str = GLOSSARY) -> tuple[Path, str]:
    """Build the page beside the glossary; return the page's file and the warnings, without colours."""
    source = folder / "source"
    source.mkdir()
    text = FRONT + page + "\n```{toctree}\n:hidden:\nglossary\n```\n"
    (source / "index.md").write_text(text, encoding="utf-8")
    (source / "glossary.md").write_text(glossary, encoding="utf-8")
    shutil.copytree(REPO / "book/_static", source / "_static", ignore=shutil.ignore_patterns("vendor"))
    settings = {
        "extensions": ["myst_nb", "attnviz_pages", "chapter_form"],
        "html_theme": theme,
        "html_static_path": ["_static"],
        "html_css_files": ["book.css"],
        "html_context": {"default_mode": "auto"},
        "nb_execution_mode": "off",
        "myst_enable_extensions": ["colon_fence", "dollarmath"],
        "mathjax_path": "none.js",
    }
    warnings = StringIO()
    app = Sphinx(source, None, folder / "html", folder / "trees", "html", settings, StringIO(), warnings)
    app.build()
    return folder / "html" / "index.html", re.sub(r"\x1b\[[0-9;]*m", "", warnings.getvalue())
