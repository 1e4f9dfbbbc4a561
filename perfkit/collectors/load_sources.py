"""Where the requests of a load test come from: paths, a list of URLs, or a JSON list that says everything."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from perfkit.collectors.load_options import RequestSpec
from perfkit.errors import UsageError


def requests_from(file: Path | None, paths: Sequence[str] = ()) -> tuple[RequestSpec, ...]:
    """The requests that a JSON file lists, else one for each path."""
    if file is None:
        return tuple(RequestSpec(name=path, paths=(path,)) for path in paths or ("/",))
    try:
        listed = json.loads(_text(file))
        return tuple(RequestSpec(**{**entry, "paths": tuple(entry["paths"])}) for entry in listed)
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(f"{file}: not a list of requests with name, paths, method, body and weight: {error}") from error


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
        raise UsageError(f"{file}: cannot be read: {error}.") from error
