"""Files that are whole or not there, and written by one at a time."""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from errno import EDQUOT, EFBIG, ENOSPC
from glob import escape
from pathlib import Path


@contextmanager
def whole(target: str | Path) -> Iterator[Path]:
    """A place beside `target` to write a file or a folder to, which is moved to `target` at the end.

    A reader sees the old content or the new one. Threads and processes may write the same target at once:
    each call has a draft of its own, and the last one counts. After an error or Ctrl-C nothing is left of the
    draft; a killed process leaves `.NAME.RANDOM.partial`, which nothing reads and `drafts` finds.

    Args:
        target: The file, or a folder that is not there yet; its own folder is made.

    Yields:
        Where to write.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     with whole(f"{folder}/new/note.txt") as draft:
        ...         length = draft.write_text("whole")
        ...     Path(f"{folder}/new/note.txt").read_text()
        'whole'
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    try:
        with naming(target):
            yield draft
            os.replace(draft, target)
    finally:
        shutil.rmtree(draft) if draft.is_dir() else draft.unlink(missing_ok=True)


@contextmanager
def naming(target: str | Path) -> Iterator[None]:
    """The error of a full disk names the target, and says what to do.

    Raises:
        OSError: The one that came, or one with these words.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (ENOSPC, EDQUOT, EFBIG):
            raise
        said = f"{os.strerror(error.errno)}; make room, or give another place"
        raise OSError(error.errno, said, error.filename or str(target)) from error


def drafts(folder: str | Path, *, of: str | None = None) -> list[Path]:
    """The drafts in a folder: of writers at work, and what killed ones left.

    Args:
        folder: Where the targets lie.
        of: The name of one target. None: of all.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder, whole(f"{folder}/note.txt") as draft:
        ...     length = draft.write_text("half")
        ...     drafts(folder) == drafts(folder, of="note.txt") == [draft], drafts(folder, of="letter.txt")
        (True, [])
    """
    name = "*" if of is None else escape(of)
    return sorted(Path(folder).glob(f".{name}.*.partial"))


@contextmanager
def alone(*targets: str | Path | None, wait: Callable[[str], None] | None = None) -> Iterator[None]:
    """Nobody else writes the targets meanwhile: a second one, in a thread or a process, is refused or waits.

    Args:
        *targets: Files or folders; None is left out. `.NAME.lock` lies beside each, and says nothing once
            its process has ended.
        wait: None refuses the second one at once. A function is told in a sentence what is waited for, and
            the second one begins when the first has ended.

    Raises:
        BlockingIOError: If another one holds a target, without `wait`.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder, alone(f"{folder}/run"):
        ...     with alone(f"{folder}/other"):
        ...         print("another target is free")
        another target is free
    """
    from filelock import FileLock, Timeout

    with ExitStack() as held:
        for target in (Path(target).resolve() for target in targets if target is not None):
            target.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(target.with_name(f".{target.name}.lock"))
            try:
                lock.acquire(blocking=False)
            except Timeout as error:
                held_by = f"{target} is being written by another training"
                if wait is None:
                    raise BlockingIOError(f"{held_by}: wait for its end, or give another path") from error
                wait(f"{held_by}: waiting for its end")
                lock.acquire()
            held.callback(lock.release)
        yield
