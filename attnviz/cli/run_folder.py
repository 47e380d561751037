"""The folder of a run: what `train` writes there, and what the other verbs read back."""

import hashlib
import json
from pathlib import Path
from typing import Any

from ..data.fields import COMPUTED
from ..data.log import InteractionLog
from ..data.readers.table import read_table
from ..language.models import model_folder
from ..recommender.model import FILE as MODEL
from ..recommender.model import AttentionRecommender
from ..storage import check_sums, whole
from .options import flag
from .sources import FILES, pairs
from .terminal import command

RUN, CHECKPOINT, LOG, TENSORBOARD = "run.json", "checkpoint.safetensors", "log", "tensorboard"


def require_free(run: Path, options: dict[str, Any]) -> None:
    """Refuse a folder that holds a run of other options, or something else.

    Where there is a checkpoint, the files of the data may have moved: `fit` compares what is in them.

    Args:
        run: The folder; it need not be there.
        options: The options of the training that wants to write there, as plain values.

    Raises:
        ValueError: If it is a file, holds another run, or files without a run of ours; the message says what
            differs, and what to do.
    """
    if run.exists() and not run.is_dir():
        raise ValueError(f"--out {run} is a file: give a folder")
    if not (run / RUN).is_file():
        return _require_empty(run)
    found = _described(run)["options"]
    if not any((run / name).exists() for name in (MODEL, CHECKPOINT, TENSORBOARD)):
        return None
    moved = FILES if (run / CHECKPOINT).is_file() else ()
    names = [name for name in {**options, **found} if name not in moved]
    other = [name for name in names if options.get(name) != found.get(name)]
    if other:
        differs = (f"{flag(name)}: {_said(found, name)} there, {_said(options, name)} here" for name in other)
        what = "; ".join(differs)
        raise ValueError(f"--out {run} holds another run ({what}): give another folder, or delete that one")
    return None


def _require_empty(run: Path) -> None:
    """Hidden files, such as locks, do not count."""
    others = sorted(path.name for path in run.glob("[!.]*"))
    if others:
        shown = ", ".join(map(repr, others[:3])) + (" and more" if len(others) > 3 else "")
        raise ValueError(f"--out {run} holds {shown}, and no {RUN} of ours: give a new or an empty folder")


def begin(run: Path, options: dict[str, Any], *, implicit: bool) -> None:
    """Make the folder, and note there what is trained in it; a note beside a checkpoint stays as it is."""
    if (run / CHECKPOINT).is_file():
        return
    with whole(run / RUN) as draft:
        draft.write_bytes(_note(implicit, options))


def read_run(run: Path) -> tuple[InteractionLog, AttentionRecommender]:
    """The log and the trained model of a run.

    Raises:
        ValueError: If the folder holds no trained model, or a file is not what was written; the message says
            what to do.
    """
    if not (run / MODEL).is_file():
        stopped = (run / CHECKPOINT).is_file()
        advice = "its training was stopped: give the same train command again" if stopped else (
            "attnviz train --help says how to make one"
        )  # fmt: skip
        raise ValueError(f"{run} holds no trained model; {advice}")
    described = _described(run)
    tables = _tables(run / LOG)
    try:
        check_sums(run / LOG)
        model = AttentionRecommender.load(run)
    except ValueError as error:
        raise ValueError(f"{error}; the same train command writes {run} again") from error
    _require_encoder(run, model)
    fields = pairs("fields", described["options"].get("fields"), "NAME=KIND")
    computed = [field.name for field in model.schema.fields if field in COMPUTED]
    log = read_table(*tables, fields=fields, computed=computed, implicit=described["implicit"])
    _require_fit(run, model, log)
    return log, model


def _note(implicit: bool, options: dict[str, Any]) -> bytes:
    """What was trained, with the SHA-256 of it."""
    described = {"implicit": implicit, "options": options}
    digest = hashlib.sha256(json.dumps(described).encode()).hexdigest()
    return json.dumps(described | {"sha256": digest}, indent=1).encode()


def _said(options: dict[str, Any], name: str) -> str:
    value = options.get(name)
    return "not given" if value is None else str(value)


def _tables(folder: Path) -> list[Path]:
    """The tables of a log: two, or three."""
    paths = [folder / f"{name}.parquet" for name in ("interactions", "items", "users")]
    for path in paths[:2]:
        if not path.is_file():
            raise ValueError(f"{path} is missing, which `train` wrote: train again in another folder")
    return [path for path in paths if path.is_file()]


def _described(run: Path) -> dict[str, Any]:
    """What `begin` wrote."""
    try:
        content = (run / RUN).read_bytes()
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{run / RUN} is damaged ({error}): train again in another folder") from error
    except FileNotFoundError as error:
        raise ValueError(f"{run} holds no {RUN}, which `attnviz train` writes") from error
    if (
        not isinstance(found, dict)
        or not isinstance(found.get("implicit"), bool)
        or not isinstance(found.get("options"), dict)
        or content != _note(found["implicit"], found["options"])
    ):
        raise ValueError(f"{run / RUN} is not what `attnviz train` wrote: train again in another folder")
    return found


def _require_fit(run: Path, model: AttentionRecommender, log: InteractionLog) -> None:
    schema = model.schema
    users = set() if log.users is None else set(log.users.columns)
    profile = set(schema.profile) if schema.has_users else set()
    if schema.fields != log.fields or schema.has_users != bool(users) or not profile <= users:
        raise ValueError(f"{run}: its model and its log are of different runs; train again in another folder")


def _require_encoder(run: Path, model: AttentionRecommender) -> None:
    if not model.schema.reads_text:
        return
    try:
        model_folder(model.schema.encoder)
    except LookupError as error:
        raise ValueError(
            f"{run / MODEL} was trained with a language model that is not here: {error}"
        ) from error


def resumed(run: Path) -> str:
    """What is left of a training that was stopped, in a sentence."""
    again = "give the same command again to go on"
    if (run / CHECKPOINT).is_file():
        return f"{run / CHECKPOINT} holds the epochs that were done: {again}"
    return f"no epoch was done yet, but encoded sentences are kept: {again}"


def next_command(run: Path, log: InteractionLog) -> str:
    """The command that shows a user recommendations: of the last one whose id can be typed."""
    users = log.interactions["user_id"]
    typed = users[[user.isprintable() for user in users]]
    return command("recommend", run, typed.iloc[-1] if len(typed) else "USER")
