"""The cell tagged parameters → what may be given to a notebook, read from its syntax and checked before a kernel starts."""

from __future__ import annotations

import ast
import io
import math
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfkit.errors import UsageError, unknown
from perfkit.notebooks.cells import cells_of, source_of

TAG = "parameters"
TYPES = ("str", "int", "float", "bool", "list[str]", "list[int]")
LINE = f"`name: type = default  # help`, type one of {', '.join(TYPES)}"
TRUE, FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A line of the cell tagged parameters."""

    name: str
    type: str
    default: Any
    help: str | None


def parameters_of(path: Path) -> list[Parameter]:
    """The parameters of a notebook; none when no cell is tagged."""
    tagged = [cell for cell in cells_of(path) if TAG in cell.get("metadata", {}).get("tags", ())]
    if len(tagged) > 1:
        raise UsageError(f"{path}: {len(tagged)} cells are tagged {TAG}, at most one may be.")
    return _read_parameters(path, source_of(tagged[0])) if tagged else []


def coerce(parameters: Sequence[Parameter], given: Mapping[str, object]) -> dict[str, Any]:
    """A value for every parameter: the one given, as its declared type, else the default."""
    known = {parameter.name: parameter for parameter in parameters}
    for name in given:
        if name not in known:
            raise unknown("parameter", name, known)
    chosen = {name: _checked(known[name], _from_text(known[name], value)) for name, value in given.items()}
    return {name: parameter.default for name, parameter in known.items()} | chosen


def _read_parameters(path: Path, source: str) -> list[Parameter]:
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        raise UsageError(f"{path}: parameters cell, line {error.lineno}: {error.msg}. Expected {LINE}.") from error
    help_texts = _comments(source)
    return [_read_parameter(path, statement, help_texts.get(statement.end_lineno or 0)) for statement in body]


def _read_parameter(path: Path, statement: ast.stmt, help_text: str | None) -> Parameter:
    wrong = UsageError(f"{path}: parameters cell, line {statement.lineno}: `{ast.unparse(statement)}`. Expected {LINE}.")
    if not (isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value):
        raise wrong
    declared = Parameter(statement.target.id, ast.unparse(statement.annotation), None, help_text)
    try:
        default = _checked(declared, ast.literal_eval(statement.value))
    except (ValueError, UsageError) as error:
        raise wrong from error
    return Parameter(declared.name, declared.type, default, help_text)


def _comments(source: str) -> dict[int, str]:
    """The comment of each line that has one."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}


def _from_text(parameter: Parameter, text: object) -> object:
    """Text as the declared type where that is possible; anything else as it is."""
    if not isinstance(text, str):
        return text
    word = text.strip().lower()
    try:
        match parameter.type:
            case "int":
                return int(text)
            case "float":
                return float(text)
            case "bool" if word in TRUE + FALSE:
                return word in TRUE
            case "list[str]":
                return _items(text)
            case "list[int]":
                return [int(item) for item in _items(text)]
    except ValueError:
        return text
    return text


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _checked(parameter: Parameter, value: object) -> Any:
    """The value, when it is of the declared type; a whole number is also a float, a truth value is no number."""
    match parameter.type, value:
        case ("bool", bool()) | ("str", str()):
            return value
        case "int", int() if not isinstance(value, bool):
            return value
        case "float", int() | float() if not isinstance(value, bool) and math.isfinite(value):
            return float(value)
        case "list[str]", list() | tuple() if all(isinstance(item, str) for item in value):
            return list(value)
        case "list[int]", list() | tuple() if all(isinstance(item, int) and not isinstance(item, bool) for item in value):
            return list(value)
    raise UsageError(f"The parameter {parameter.name} takes {parameter.type}, not {value!r}.")
