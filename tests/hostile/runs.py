"""Verbs of the command line x what is wrong with the folder of a run."""

import shutil
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any
from unittest import mock

import pandas as pd
import torch
from safetensors.torch import save_file

from attnviz.recommender.checkpoint import Checkpoint
from attnviz.storage import read_tensors, write_sums, write_tensors

from .cases import Case
from .files import cut, flip, folder_in_place, little_memory, picture
from .judge import Answer
from .readers import DEEP, SHELL, STRANGE
from .verbs import QUICK, city, command, flats, prints, trained, verb_case

MODEL, STAYS, LISTINGS = "model.safetensors", "log/interactions.parquet", "log/items.parquet"
CHECKPOINT = "checkpoint.safetensors"


def cases() -> Iterator[Case]:
    """All of this file."""
    yield from _of_runs()
    yield from _of_metadata()
    yield from _of_out_folders()


DAMAGES = {
    "missing": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "a picture": picture,
    "cut off": cut,
    "a flipped bit": flip(0.6),
    "a folder": folder_in_place,
}
PEOPLE = {
    "an unknown user": ("nobody", "flat3"),
    "an empty user": ("", "flat3"),
    "a user of escape codes": (STRANGE, "flat3"),
    "a user of a shell command": (SHELL, "flat3"),
}


def on_run(verb: str, change: Callable[[Path], Any], user: str = "guest1", item: str = "flat3") -> Callable:
    """The verb on a changed copy of the run."""

    def run(folder: Path) -> Answer:
        shutil.copytree(trained(), folder / "run")
        change(folder / "run")
        with little_memory():
            return command(verb, folder / "run", user, *((item,) if verb == "trees" else ()))

    return run


def _of_runs() -> Iterator[Case]:
    for verb, faults, shown in (
        ("recommend", tuple(DAMAGES), "Red"),
        ("trees", ("missing", "a flipped bit"), "candidate's tree"),
    ):
        for file, fault in product((MODEL, STAYS, LISTINGS), faults):
            damage = DAMAGES[fault]
            run = on_run(verb, lambda run, damage=damage, file=file: damage(run / file))
            yield verb_case(verb, f"{Path(file).name}: {fault}", run, Path(file).name + " trained")
        for fault, (user, item) in PEOPLE.items():
            yield verb_case(verb, fault, on_run(verb, lambda run: None, user, item), "user")
        yield verb_case(
            verb, "no such run", lambda folder, verb=verb: command(verb, folder / "x", "u", *_item(verb)), "x"
        )
        yield verb_case(verb, "a file in place of a run", on_run(verb, _file_in_place), "run")
        yield verb_case(
            verb, "a title and tags of escape codes", on_run(verb, _strange), "items.parquet", prints(shown)
        )
        yield verb_case(verb, "a log of other columns", on_run(verb, _other_log), "interactions.parquet")
        yield verb_case(
            verb,
            "a log of another city",
            on_run(verb, _other_city),
            "guest1 interactions.parquet items.parquet",
        )
    yield verb_case("trees", "an unknown item", on_run("trees", lambda run: None, item="flat99"), "item")


def _item(verb: str) -> tuple[str, ...]:
    return ("flat3",) if verb == "trees" else ()


def _file_in_place(run: Path) -> None:
    shutil.rmtree(run)
    run.write_text("no run")


def _strange(run: Path) -> None:
    table = pd.read_parquet(run / LISTINGS)
    table.assign(title=STRANGE, tags=[[STRANGE]] * len(table)).to_parquet(run / LISTINGS)
    write_sums((run / LISTINGS).parent)


def _other_log(run: Path) -> None:
    pd.DataFrame({"a": [1]}).to_parquet(run / STAYS)


def _other_city(run: Path) -> None:
    """Listings with other tags and prices than those that the model learned."""
    table = pd.read_parquet(run / LISTINGS)
    table.assign(price=7.0, tags=[["Moat"]] * len(table)).to_parquet(run / LISTINGS)


def rewritten(change: Callable[[dict, dict], Any]) -> Callable[[Path], None]:
    """Writes other tensors or other values to a model file, with their own checksum."""

    def damage(run: Path) -> None:
        tensors, values = read_tensors(run / MODEL)
        change(tensors, values)
        write_tensors(run / MODEL, tensors, values)

    return damage


def described(change: Callable[[dict], Any]) -> Callable[[Path], None]:
    """Writes other values beside the tensors of a model file."""
    return rewritten(lambda tensors, values: change(values))


def metadata(text: str) -> Callable[[Path], None]:
    """Puts a text in the place of all that a model file holds beside its tensors."""
    return lambda run: save_file(read_tensors(run / MODEL)[0], run / MODEL, {"attnviz": text})


def tensors(change: Callable[[dict], Any]) -> Callable[[Path], None]:
    """Writes other tensors to a model file."""
    return rewritten(lambda tensors, values: change(tensors))


METADATA: dict[str, Callable[[Path], None]] = {
    "no values": lambda run: save_file(read_tensors(run / MODEL)[0], run / MODEL),
    "values that are no JSON": metadata("{"),
    "values that are a list": metadata("[]"),
    "values of a hundred thousand open brackets": metadata(DEEP),
    "values with a number of 5,000 digits": metadata('{"options": ' + "9" * 5_000 + ', "schema": {}}'),
    "an unknown option": described(lambda values: values["options"].update(depth=3)),
    "an option of another type": described(lambda values: values["options"].update(embed_dim="4")),
    "an embed_dim of 0": described(lambda values: values["options"].update(embed_dim=0)),
    "an embed_dim of a billion": described(lambda values: values["options"].update(embed_dim=10**9)),
    "options that are missing": described(lambda values: values.update(options=None)),
    "a schema without fields": described(lambda values: values["schema"].pop("fields")),
    "a schema with an unknown key": described(lambda values: values["schema"].update(colour="red")),
    "a field of an unknown kind": described(
        lambda values: values["schema"]["fields"][0].update(kind="picture")
    ),
    "a vocabulary of another length": described(
        lambda values: values["schema"]["vocabularies"]["tags"].pop()
    ),
    "a scale of 0": described(lambda values: values["schema"]["scales"].update(price=[3.0, 0.0])),
    "an unknown encoder": described(lambda values: values["schema"].update(encoder="nowhere/none")),
    "a negative number of reviews": described(lambda values: values["schema"].update(max_reviews=-1)),
    "a tensor that is missing": tensors(lambda found: found.popitem()),
    "a tensor too many": tensors(lambda found: found.update(more=torch.zeros(1))),
    "a tensor of another shape": tensors(lambda found: found.update({"head.weight": torch.zeros(1, 99)})),
    "parameters that are no numbers": tensors(lambda found: found["head.weight"].fill_(torch.nan)),
    "parameters that are infinite": tensors(lambda found: found["head.weight"].fill_(torch.inf)),
}


def _of_metadata() -> Iterator[Case]:
    for fault, damage in METADATA.items():
        yield verb_case(
            "recommend", f"{MODEL}: {fault}", on_run("recommend", damage), f"{MODEL} parameters probabilities"
        )


def into(change: Callable[[Path], Any], more: tuple[str, ...] = ()) -> Callable[[Path], Answer]:
    """Trains once more into a changed copy of a run."""

    def run(folder: Path) -> Answer:
        shutil.copytree(trained(), folder / "run")
        change(folder / "run")
        return command("train", "--airbnb", city(folder / "city"), "--out", folder / "run", *QUICK, *more)

    return run


def under_a_file(folder: Path) -> Answer:
    """The folder to write to lies under a file."""
    (folder / "file").write_text("no folder")
    return command("train", "--airbnb", city(folder / "city"), "--out", folder / "file" / "run", *QUICK)


def with_other_tags(folder: Path) -> Answer:
    """The same stays in the same run, where the listings have their tags in reversed order."""
    shutil.copytree(trained(), folder / "run")
    shelf = flats(tags=flats()["tags"][::-1].tolist())
    return command("train", "--airbnb", city(folder / "city", shelf=shelf), "--out", folder / "run", *QUICK)


def two_at_once(folder: Path) -> Answer:
    """What a second training says that begins in the same folder while the first one writes."""
    again = ("train", "--airbnb", city(folder / "city"), "--out", folder / "run", *QUICK)
    answers, write = [], Checkpoint.write

    def beside(*given: Any) -> None:
        if not answers:
            answers.append(Answer(0, "", ""))
            answers.append(command(*again))
        write(*given)

    with mock.patch.object(Checkpoint, "write", beside):
        command(*again)
    return answers[-1]


OUT_FOLDERS: dict[str, Callable[[Path], Answer]] = {
    "a run with other options": into(lambda run: None, ("--max-reviews", "2")),
    "a run of another seed": into(lambda run: None, ("--seed", "7")),
    "a run of more epochs": into(lambda run: None, ("--epochs", "2")),
    "a run of the same stays with other tags": with_other_tags,
    "a run that another process trains": two_at_once,
    "a file": into(_file_in_place),
    "a folder under a file": under_a_file,
    "a folder of the system": lambda folder: command("train", "--airbnb", city(folder / "city"), "--out",
     "/proc/run"),
    "a folder in place of the checkpoint": into(lambda run: folder_in_place(run / CHECKPOINT)),
    "a file in place of the log": into(lambda run: _file_in_place(run / "log")),
    "a file in place of tensorboard": into(
        lambda run: ((run / CHECKPOINT).unlink(), _file_in_place(run / "tensorboard"))),
} | {
    f"a checkpoint that is {fault}": into(lambda run, damage=damage: damage(run / CHECKPOINT))
    for fault, damage in DAMAGES.items() if fault in ("empty", "a picture", "cut off", "a flipped bit")
}  # fmt: skip


def _of_out_folders() -> Iterator[Case]:
    for fault, run in OUT_FOLDERS.items():
        yield verb_case("train", f"--out: {fault}", run, "run checkpoint tensorboard log items")
