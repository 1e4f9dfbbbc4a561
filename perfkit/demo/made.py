"""Files that take a while to make and are the same on every machine: made when somebody first needs them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile


def made_once(path: Path, make: Callable[[], bytes]) -> Path:
    """The file; whole or not at all, also when two processes make it at once."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        content = make()
        with NamedTemporaryFile(dir=path.parent, delete=False) as unfinished:
            unfinished.write(content)
        Path(unfinished.name).replace(path)
    return path
