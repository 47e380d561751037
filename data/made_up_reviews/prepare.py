"""Make the made-up reviews, in the form of Yelp-HAT: python data/made_up_reviews/prepare.py [FOLDER].

A word that was marked carries the numbers of those who marked it: "warm/012" three people, "again/1" one.
Reviews and marks were written by hand for the book; no person was asked.
"""

import sys
from html import escape
from pathlib import Path

import pandas as pd

PEOPLE = "012"
REVIEWS = [
    (1, "I love/012 this scarf. It is soft/012 and/1 warm/012 and I wear it indoors too/1 ."
        " My sister wants/02 one/02 now/2 , so a/2 second/02 one in green is on its way."),
    (0, "I wanted to like/1 this rain jacket, but it/0 leaks/012 at/0 the/0 shoulders/02 ."
        " After ten minutes my shirt was/1 soaked/012 . Terrible/012 quality, sent/2 it/2 back/12 ."),
    (1, "Not/1 cheap/1 , but excellent/012 : the zip runs smoothly/012 , the pockets are deep/0 ,"
        " and after two winters it still/12 looks/1 new/012 . Highly/0 recommended/012 ."),
    (0, "The grey is horrible/012 and the hem came/0 undone/012 in/2 a/2 week/02 ."
        " In the picture it looks lovely/1 , but I am very/1 disappointed/012 ."),
    (1, "Bought these boots for a wedding in the mountains. They did/2 not/12 hurt/12 once/2 , and I/0"
        " danced/02 until/0 four/0 . Great/012 grip on wet stone, really/1 happy/012 with them."),
    (0, "Delivery was quick, but the gloves are awful/012 . They fell/012 apart/012 in a week and"
        " nobody/02 answers/02 my mails. What/1 a/1 waste/012 of/1 money/012 ."),
    (1, "This tent is brilliant/012 . It stands in five/02 minutes/02 , keeps/12 the/2 rain/2 out/12"
        " and packs small/012 . No/0 complaints/012 at all from a family of four."),
    (0, "How can a backpack that costs this/1 much/1 have such/0 poor/012 seams? One strap broke/012 on"
        " the first/2 walk/2 . Really/0 bad/012 , a great/1 shame/012 ."),
    (1, "I took one size up and it fits/012 perfectly/012 . The wool does/2 not/12 itch/12 , the cut"
        " is beautiful/012 , and my mother is/1 delighted/012 with hers too."),
    (0, "The hat is far/2 too/02 tight/012 , it smells/012 of/0 glue/02 , and it looks cheap/012 ."
        " I liked/1 the photo, but I/0 regret/012 buying it."),
    (1, "The blanket is wonderful/012 , thick/02 and cosy/012 , and the cat has moved/12 in/12 ."
        " I could/0 not/02 be/0 happier/012 with it."),
    (0, "The lamp is useless/012 . It flickers/012 , gets/1 hot/012 and will/02 not/012 fold/012 ."
        " Nice/1 idea/1 , poor/012 work."),
]  # fmt: skip


def main(folder: Path) -> None:
    """Write reviews.csv: one row a review and person, one span a word."""
    rows = [row for label, text in REVIEWS for row in _annotations(label, text)]
    pd.DataFrame(rows).to_csv(folder / "reviews.csv", index=False, lineterminator="\n")


def _annotations(label: int, text: str) -> list[dict]:
    """One row a person. A full stop, comma or colon that stands alone belongs to the word before it."""
    words, marks = [], []
    for part in text.split():
        word, _, people = part.partition("/")
        if word in (".", ",", ":"):
            words[-1] += word
        else:
            words.append(word)
            marks.append(people)
    return [_row(label, words, [person in people for people in marks]) for person in PEOPLE]


def _row(label: int, words: list[str], marked: list[bool]) -> dict:
    start = {True: '<span class="active">', False: "<span>"}
    spans = [f"{start[mark]}{escape(word)}</span>" for word, mark in zip(words, marked, strict=True)]
    return {
        "Input.label": label,
        "Input.text": " ".join(words),
        "Answer.Q1Answer": "yes" if label else "no",
        "Answer.html_output": " ".join(spans),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
