"""A YAML file → a frozen part, or every mistake in it as a sentence with its line."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from perfkit.packs.lined import Mistake, Place, WrongFileError, read_lined

Some = TypeVar("Some", bound=BaseModel)
Complaint = tuple[Place, str]
"""Where, and what is wrong."""
KINDS = {dict: "a mapping of keys", list: "a list", str: "text", int: "a number", float: "a number", bool: "true or false", type(None): "empty"}
WANTED = {
    "string_type": "text",
    "tuple_type": "a list",
    "dict_type": "a mapping of keys",
    "mapping_type": "a mapping of keys",
    "model_type": "a mapping of keys",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}
OF_A_KEY = "[key]"
"""How pydantic names a key that is no text."""
BRANCHES = {"int", "float", "str"}
"""How pydantic names the types that a value was tried as."""
MOST_SHOWN = 60
STANDS_IN = "left-out"
"""In place of what a file must say and does not."""
NUMBERS = {"greater_than": "more than {gt}", "less_than": "less than {lt}", "greater_than_equal": "{ge} or more", "less_than_equal": "{le} or less"}


@dataclass(frozen=True, slots=True)
class Places:
    """Where the entries of a part's lists stand in its file, when wrong ones were left out."""

    kept: Mapping[str, Sequence[int]]

    def of(self, key: str, position: int, *inner: int | str) -> Place:
        """The place of an entry, or of something in it."""
        return (key, self.kept[key][position] if key in self.kept else position, *inner)


def read_part(path: Path, what: str, model: type[Some], check: Callable[[Some, Places], Iterable[Complaint]] | None = None, **beside: Any) -> Some:
    """The file as a model; check says what else is wrong, of everything that could be read."""
    lined = read_lined(path, what)
    if not isinstance(lined.content, dict):
        raise WrongFileError(path, what, [Mistake(1, f"this is {_kind(lined.content)}, not {what}: write keys with values.")])
    mistakes = [Mistake(line, f"`{place[-1]}` stands here a second time, and only one of the two would count.") for place, line in lined.twice]
    mistakes += [Mistake(lined.line((key,)), f"there is no key `{key}` in this file.") for key in beside if key in lined.content]
    part, places, errors = _validated(model, lined.content, beside)
    mistakes += [Mistake(lined.line(item["loc"]), _sentence(model, item)) for item in errors]
    if check is not None and part is not None:
        mistakes += [Mistake(lined.line(place), text) for place, text in check(part, places)]
    if mistakes or part is None:
        raise WrongFileError(path, what, list(dict.fromkeys(mistakes)))
    return part


def _validated(model: type[Some], content: Mapping[str, Any], beside: Mapping[str, Any]) -> tuple[Some | None, Places, list[Any]]:
    """The part, or what is left of it without what is wrong, and what that was."""
    try:
        return model.model_validate({**content, **beside}), Places({}), []
    except ValidationError as error:
        errors = _one_a_place(error.errors())
    left, kept = _left(content, [item["loc"] for item in errors])
    missing = {name: STANDS_IN for name, field in model.model_fields.items() if field.is_required() and name not in left}
    try:
        return model.model_validate({**missing, **left, **beside}), Places(kept), errors
    except ValidationError:
        return None, Places({}), errors


def _one_a_place(errors: Iterable[Any]) -> list[Any]:
    """A value that fits none of several types is complained about once."""
    first: dict[Place, Any] = {}
    for item in errors:
        loc = tuple(step for step in item["loc"] if step not in BRANCHES)
        if item["type"] == "invalid_key" or loc[-1:] == (OF_A_KEY,):
            loc = tuple(map(str, loc[:-1] if loc[-1] == OF_A_KEY else loc))
        first.setdefault(loc, {**item, "loc": loc})
    return list(first.values())


def _left(content: Mapping[str, Any], wrong: Sequence[Place]) -> tuple[dict[str, Any], dict[str, list[int]]]:
    """Lists without their wrong entries, and without the keys that are wrong as a whole."""
    left: dict[str, Any] = {}
    kept: dict[str, list[int]] = {}
    for key, value in content.items():
        touched = [loc for loc in wrong if loc[:1] == (key,)]
        if isinstance(value, list) and all(len(loc) > 1 for loc in touched):
            kept[key] = [number for number in range(len(value)) if not any(loc[1] == number for loc in touched)]
            left[key] = [value[number] for number in kept[key]]
        elif not touched:
            left[key] = value
    return left, kept


def _shown(value: Any) -> str:
    said = repr(value)
    return said if len(said) <= MOST_SHOWN else f"{said[:MOST_SHOWN]}…"


def _kind(value: Any) -> str:
    return KINDS.get(type(value), "something else")


def _sentence(model: type[BaseModel], item: Any) -> str:
    loc, kind, given = item["loc"], item["type"], item["input"]
    name, owner = str(loc[-1]) if loc else "", _owner(model, loc[:-1])
    said = f"entry {loc[-1] + 1} of `{loc[-2]}`" if len(loc) > 1 and isinstance(loc[-1], int) else f"`{name}`"
    if kind in ("extra_forbidden", "invalid_key"):
        return f"there is no key {said} {_in(loc)}. {_nearest(name, owner)}"
    if kind == "missing":
        return f"{said} is missing {_in(loc)}."
    if kind in WANTED:
        return f"{said} must be {WANTED[kind]}, not {_kind(given)}."
    if kind == "literal_error":
        hint = " In YAML > and >= stand in quotes." if given in ("", None) else ""
        return f"{said} is {_shown(given)}; allowed are {item['ctx']['expected'].replace(' or ', ', ')}.{hint}"
    if kind in NUMBERS:
        return f"{said} is {_shown(given)} and must be {NUMBERS[kind].format(**item['ctx'])}."
    if kind == "string_pattern_mismatch":
        return f"{said} is {_shown(given)}: use small letters, digits, - and _ only."
    if kind == "value_error":
        return f"{said}: {str(item['ctx']['error']).rstrip('.')}."
    return f"{said}: {item['msg'][0].lower()}{item['msg'][1:]}."


def _in(loc: Place) -> str:
    """Where a key stands, as one would say it."""
    around = [step for step in loc[:-1] if isinstance(step, str)]
    if not around:
        return "in this file"
    return f"in an entry of `{around[-1]}`" if isinstance(loc[-2], int) else f"in `{around[-1]}`"


def _nearest(name: str, owner: type[BaseModel]) -> str:
    known = [key for key in owner.model_fields if key != "folder"]
    close = difflib.get_close_matches(name, known, 1, 0.6)
    return f"Did you mean `{close[0]}`?" if close else f"Allowed are {', '.join(known)}."


def _owner(model: type[BaseModel], loc: Place) -> type[BaseModel]:
    """The model of the mapping at a place; positions and free keys lead no deeper."""
    owner = model
    for step in loc:
        field = owner.model_fields.get(str(step))
        owner = (_model_in(field.annotation) if field else None) or owner
    return owner


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The first one in a type such as tuple[Target, ...] or dict[str, Document]."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model_in(inner))), None)
