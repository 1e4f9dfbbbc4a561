"""What a workflow has done already: one JSON file in data/, written whole after every step, so that a failure costs one step."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from perfkit.errors import StoreBusy, UsageError

FORM = 1


@dataclass(frozen=True, slots=True)
class Done:
    """One execution that came to its end."""

    said: str
    notebook: str
    """The executed one."""
    seconds: float
    runs: tuple[str, ...]
    """What it left in the store; a notebook that only reads leaves none."""


@dataclass
class State:
    """Finished executions by their fingerprint."""

    path: Path
    name: str
    done: dict[str, Done] = field(default_factory=dict)

    def forget(self, fingerprints: Iterable[str]) -> None:
        """Those of these that only read: there is something new to read. Written with what is kept next."""
        asked = set(fingerprints)
        self.done = {key: item for key, item in self.done.items() if item.runs or key not in asked}

    def keep(self, fingerprint: str, done: Done) -> None:
        """One more, written at once."""
        self.done[fingerprint] = done
        self.write()

    def write(self) -> None:
        """Whole or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_suffix(".part")
        content = {"perfkit_workflow": FORM, "investigation": self.name, "done": {key: asdict(item) for key, item in self.done.items()}}
        unfinished.write_text(json.dumps(content, indent=1), encoding="utf-8")
        unfinished.replace(self.path)


@contextmanager
def held(path: Path, name: str, *, again: bool) -> Iterator[State]:
    """The state of an investigation, for one process at a time; again forgets what was done."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreBusy(f"The investigation {name} is being run by another process. Wait for it, or end it.") from error
        state = State(path, name, {} if again else _read(path))
        if again:
            state.write()
        yield state


def _read(path: Path) -> dict[str, Done]:
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {key: _done(item) for key, item in content["done"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path} does not say what was done: {error}. Start anew with --again.") from error


def _done(item: Mapping[str, object]) -> Done:
    said = Done(**item)  # type: ignore[arg-type]
    return Done(said.said, said.notebook, said.seconds, tuple(said.runs))
