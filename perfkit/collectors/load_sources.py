"""Where the requests of a load test come from: paths, a list of URLs, or a JSON list that says everything."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from perfkit.collectors.load_options import RequestSpec
from perfkit.errors import UsageError


def requests_from(file: Path | None, paths: Sequence[str] = ()) -> tuple[RequestSpec, ...]:
    """The requests that a JSON file lists, else one for each path."""
    if file is None:
        return tuple(RequestSpec(name=path, paths=(path,)) for path in paths or ("/",))
    try:
        listed = json.loads(_text(file))
    except ValueError as error:
        raise UsageError(f"{file}: not JSON: {error}. {EXPECTED}") from error
    if not isinstance(listed, list):
        raise UsageError(f"{file}: holds no list. {EXPECTED}")
    return tuple(_spec(entry, f"{file}, request {number}") for number, entry in enumerate(listed, 1))


def locustfile_named(name: str) -> Path | None:
    """A Locust file by its path, or by the name of an installed module; nothing when there is no name."""
    if not name or Path(name).is_file() or name.endswith(".py"):
        return Path(name) if name else None
    try:
        found = find_spec(name)
    except (ImportError, ValueError):
        found = None
    if found is None or not found.origin:
        raise UsageError(f"{name!r} is neither a Locust file nor a module that is installed here. Name a file that ends with .py, or a module.")
    return Path(found.origin)


@dataclass(frozen=True, slots=True)
class Requested:
    """What a load test sends."""

    name: str
    requests: tuple[RequestSpec, ...] | None
    """None where a Locust file says it."""
    locustfile: Path | None


def requested(file: str, paths: Sequence[str]) -> Requested:
    """By the name of a Locust file, of a module or of a JSON file, which also names the load; without one, the paths."""
    listed = file.endswith(".json") or (Path(file).is_file() and not file.endswith(".py"))
    own = None if listed else locustfile_named(file)
    return Requested(Path(own or file or "load").stem, None if own else requests_from(Path(file) if file else None, paths), own)


def _spec(entry: Any, where: str) -> RequestSpec:
    """One entry of the list, when all that it says is of the right kind."""
    if not isinstance(entry, dict):
        raise UsageError(f"{where} is {json.dumps(entry)}, no object. {EXPECTED}")
    unknown = [name for name in entry if name not in KINDS]
    if unknown:
        raise UsageError(f"{where} says {unknown[0]!r}, which is not known. A request says {', '.join(KINDS)}. {EXPECTED}")
    missing = [name for name in NEEDED if name not in entry]
    if missing:
        raise UsageError(f"{where} has no {missing[0]!r}. {EXPECTED}")
    for name, value in entry.items():
        kind, words = KINDS[name]
        if not kind(value):
            raise UsageError(f"{where}: {name!r} is {json.dumps(value)}, but must be {words}. {EXPECTED}")
    return RequestSpec(**{**entry, "paths": tuple(entry["paths"])})


def _is_texts(value: Any) -> bool:
    return bool(value) and all(isinstance(item, str) for item in value)


NEEDED = ("name", "paths")
KINDS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "name": (lambda value: isinstance(value, str), "a text"),
    "paths": (lambda value: isinstance(value, list) and _is_texts(value), "a list of texts, at least one"),
    "method": (lambda value: isinstance(value, str), "a text such as POST"),
    "body": (lambda _: True, "any JSON"),
    "weight": (lambda value: isinstance(value, int) and not isinstance(value, bool) and value > 0, "a whole number above 0"),
    "headers": (lambda value: isinstance(value, dict) and (not value or _is_texts(value.values())), "an object of texts"),
}
"""What a request of the list may say, when it is right, and how a user is told what is right."""
EXPECTED = 'Write a list such as [{"name": "items", "paths": ["/items"]}], each with method, body, headers and weight where it needs them.'


def requests_listed(file: Path, target: str) -> tuple[RequestSpec, ...]:
    """One request for each line that is a path or a URL of the target; empty lines and those that begin with # are left out."""
    lines = [line.strip() for line in _text(file).splitlines()]
    paths = [_path(line, target, f"{file}, line {number}") for number, line in enumerate(lines, 1) if line and not line.startswith("#")]
    if not paths:
        raise UsageError(f"{file}: no line of it is a path or a URL.")
    return tuple(RequestSpec(name=path, paths=(path,)) for path in _unique(paths))


def _path(line: str, target: str, where: str) -> str:
    if line.startswith("/"):
        return line
    address, home = urlsplit(line), urlsplit(target)
    if (address.scheme, address.netloc) != (home.scheme, home.netloc):
        raise UsageError(f"{where}: {line!r} is neither a path such as /items nor a URL of {target}.")
    return f"{address.path or '/'}{'?' + address.query if address.query else ''}"


def _unique(paths: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(paths))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{file}: cannot be read: {reason}.") from error
