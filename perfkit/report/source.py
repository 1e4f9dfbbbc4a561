"""Code as it stands in a file: the function that an investigation names as file::function."""

from __future__ import annotations

import ast
from pathlib import Path

from perfkit.errors import DocumentError

CHECKOUT = Path(__file__).resolve().parent.parent.parent


def function_source(reference: str) -> str:
    """The text of one function; the file is looked up from here, then from perfkit's own parent folder."""
    name, _, function = reference.partition("::")
    path = next((folder / name for folder in (Path.cwd(), CHECKOUT) if (folder / name).is_file()), None)
    if path is None or not function:
        raise DocumentError(f"The change {reference!r} names no file::function that exists. Check `changes` in the investigation file.")
    text = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function:
            return "\n".join(text.splitlines()[node.lineno - 1 : node.end_lineno])
    raise DocumentError(f"{path} has no function {function!r}. Check `changes` in the investigation file.")
