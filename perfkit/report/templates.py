"""A pack's template → text. Packs come in bundles from elsewhere, so a template reads what a report says and touches nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from traceback import walk_tb
from typing import Any

import jinja2
from jinja2.sandbox import SandboxedEnvironment
from pydantic import BaseModel

from perfkit.errors import DocumentError, unknown
from perfkit.packs import Pack
from perfkit.packs.model import FOLDER
from perfkit.store import Store

PARTS = Path(__file__).parent / "parts"
"""What templates have in common."""
PLAIN = (str, int, float, list, tuple, dict, set, date, type(None))
OURS = ("perfkit", "jinja2")
"""Whose other objects may be looked into."""


class Sandbox(SandboxedEnvironment):
    """Jinja's own keeps Python's machinery away; this one the store, files, and what pydantic can do with bytes."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._decided: dict[tuple[type, str], bool] = {}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Decided once for all objects of a type; what the attribute holds is looked at each time."""
        asked = type(obj), attr
        if asked not in self._decided:
            self._decided[asked] = self._may_be_read(obj, attr) and super().is_safe_attribute(obj, attr, value)
        return self._decided[asked] and not isinstance(value, Store)

    def _may_be_read(self, obj: Any, attr: str) -> bool:
        known = isinstance(obj, PLAIN) or (type(obj).__module__.partition(".")[0] in OURS and not isinstance(obj, Store))
        return known and not (isinstance(obj, BaseModel) and hasattr(BaseModel, attr))


def template_named(pack: Pack, name: str) -> jinja2.Template:
    """The template of a pack's report."""
    if name not in pack.reports:
        raise unknown("report template", name, pack.reports)
    path = pack.template_of(name)
    if not any(path.is_relative_to(folder.resolve()) for folder in (pack.folder, FOLDER)):
        raise DocumentError(f"The report template {name!r} of {pack.name} leads out of the pack's folder, to {path}. Put it beside pack.yml.")
    if not path.is_file():
        raise DocumentError(f"The report template {name!r} of {pack.name} is not written yet: {path} is not there.")
    environment = Sandbox(
        loader=jinja2.FileSystemLoader([path.parent, PARTS]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
        bytecode_cache=_compiled_templates(),
    )
    try:
        return environment.get_template(path.name)
    except (jinja2.TemplateError, UnicodeDecodeError) as error:
        raise _wrong(path, error) from error


def rendered(template: jinja2.Template, names: Mapping[str, Any]) -> str:
    """The text; what a template cannot do is said with its line."""
    try:
        return template.render(names)
    except (jinja2.TemplateError, TypeError, LookupError, ArithmeticError, RecursionError) as error:
        raise _wrong(Path(template.filename or template.name or ""), error) from error


def _wrong(path: Path, error: Exception) -> DocumentError:
    file, line = _place(error) or (path, getattr(error, "lineno", None))
    at = f"{file}:{line}" if line else str(file)
    said = str(error).rstrip(".") or type(error).__name__
    return DocumentError(f"{at}: the report template cannot be filled in: {said}. Nothing was written; correct it there.")


def _place(error: Exception) -> tuple[Path, int] | None:
    """The innermost line of a template that was being filled in."""
    frames = [(Path(frame.f_code.co_filename), line) for frame, line in walk_tb(error.__traceback__)]
    return next(((file, line) for file, line in reversed(frames) if file.suffix == ".j2"), None)


def _compiled_templates() -> jinja2.BytecodeCache | None:
    """The user's own folder of templates that are compiled already, by their text; None where none can be kept."""
    try:
        return jinja2.FileSystemBytecodeCache()
    except (OSError, RuntimeError):
        return None
