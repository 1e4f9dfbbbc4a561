"""What functions consisted of at a commit → a hash of each body, without its name, docstring and place."""

from __future__ import annotations

import ast
import copy
import hashlib
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from perfkit.model.run import Run

Function = ast.FunctionDef | ast.AsyncFunctionDef
LONGEST_S = 20.0
MOST_FILES = 500
LEAST_NODES = 12
"""Smaller bodies are alike without being the same function."""


class Wanted(Protocol):
    """A function as a profile names it."""

    @property
    def function(self) -> str: ...

    @property
    def file(self) -> str: ...

    @property
    def line(self) -> int: ...


def function_bodies(runs: Sequence[Run], places: Sequence[Wanted]) -> list[str | None]:
    """Of each function its hash; None where the commit is not known, has changes on top, or cannot be read here."""
    commits = {run.commit for run in runs}
    roots = [Path(root) for root in {run.root for run in runs if run.root} if Path(root).is_dir()]
    known = len(commits) == 1 and None not in commits and roots and not any(run.dirty for run in runs)
    if not known:
        return [None] * len(places)
    files = sorted({place.file for place in places if place.file.endswith(".py")})[:MOST_FILES]
    bodies = {file: _bodies(text) for file, text in sources(roots[0], str(commits.pop()), files).items()}
    return [_body(bodies.get(place.file, {}), place) for place in places]


def sources(root: Path, commit: str, files: Sequence[str]) -> dict[str, str]:
    """Files below a folder as a commit holds them; those that it does not hold are left out."""
    asked = "".join(f"{commit}:./{file}\n" for file in files if "\n" not in file)
    command = ("git", "-C", str(root), "cat-file", "--batch")
    try:
        told = subprocess.run(command, input=asked.encode(), capture_output=True, timeout=LONGEST_S, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return {}
    found, place = {}, 0
    for file in (file for file in files if "\n" not in file):
        end = told.index(b"\n", place)
        *_, kind, size = told[place:end].rsplit(b" ", 2)
        place = end + 1
        if kind == b"blob":
            found[file] = told[place : place + int(size)].decode("utf-8", errors="replace")
        if size.isdigit():
            place += int(size) + 1
    return found


def body_hash(function: Function) -> str | None:
    """The same for equal functions under different names; None for one that is too small to be known by its body."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    own_name = _OwnName(function.name)
    parts = [function.args, *function.decorator_list, *body]
    if sum(1 for part in parts for _ in ast.walk(part)) < LEAST_NODES:
        return None
    said = "\n".join(ast.dump(own_name.visit(copy.deepcopy(part))) for part in parts)
    return hashlib.sha256(f"{type(function).__name__}\n{said}".encode()).hexdigest()


class _OwnName(ast.NodeTransformer):
    """A function that calls itself says its name in its body."""

    def __init__(self, name: str) -> None:
        self.name = name

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name("itself", node.ctx) if node.id == self.name else node


def _bodies(text: str) -> dict[str, list[tuple[int, str | None]]]:
    """By name the first line and the hash of every function of a file."""
    found: dict[str, list[tuple[int, str | None]]] = defaultdict(list)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return found
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
            found[node.name].append((first, body_hash(node)))
    return found


def _body(bodies: dict[str, list[tuple[int, str | None]]], place: Wanted) -> str | None:
    """By name and line; by name alone where the profiler tells no line and the file has one function of it."""
    named = bodies.get(place.function.rpartition(".")[2], [])
    fitting = [body for line, body in named if line == place.line] if place.line else [body for _, body in named]
    return fitting[0] if len(fitting) == 1 else None
