"""SQL text → single statements that a rollback undoes. Told apart by their words only: what is not certain is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from perfkit.errors import UsageError
from perfkit.trace.fingerprint import describe

ALLOWED = ("SELECT", "WITH", "VALUES", "TABLE", "INSERT", "UPDATE", "DELETE", "MERGE")
MODIFYING = re.compile(r"\b(insert\s+into|(?<!for\s)(?<!key\s)update|delete\s+from|merge\s+into)\b", re.IGNORECASE)
"""FOR UPDATE and FOR NO KEY UPDATE lock rows, but do not change them."""
READING = ("SELECT", "VALUES", "TABLE")
COMMENT = r"(?P<comment>--[^\n]*|/\*.*?\*/)"
QUOTED = r"(?P<quoted>(?<!\w)[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|(?<!\w)(?P<tag>\$(?:[A-Za-z_]\w*)?\$).*?(?P=tag))"
TOKEN = re.compile(rf"{COMMENT}|{QUOTED}|(?P<end>;)|(?P<open>['\"]|/\*|(?<!\w)\$(?:[A-Za-z_]\w*)?\$)", re.DOTALL)
FIRST_WORD = re.compile(r"[\s(]*([A-Za-z]+)")
SAID = re.compile(r"^--\s*(name|params)\s*:\s*(.*?)\s*$", re.IGNORECASE)
SHOWN = 80

Values = Sequence[Any] | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement to explain."""

    text: str
    name: str | None = None
    values: Values | None = None
    """Of its placeholders, by position or by name. None: nobody knows them, and a statement that needs some is planned only."""

    @property
    def title(self) -> str:
        """What errors and progress call it."""
        return self.name or shown(without_comments(self.text))


def statements_in(text: str) -> tuple[str, ...]:
    """The statements of a file, divided by semicolons; comments stay, so that `-- name: x` names a statement."""
    statements, start = [], 0
    for token in TOKEN.finditer(text):
        if token["open"]:
            raise UsageError(f"A quote or comment is opened but not closed: {shown(text[token.start() :])}")
        if token["end"]:
            statements.append(text[start : token.start()].strip())
            start = token.end()
    statements.append(text[start:].strip())
    return tuple(statement for statement in statements if without_comments(statement).strip())


def described(sql: str | Statement) -> Statement:
    """The statement with what its own comments `-- name: x` and `-- params: [1, "a"]` say."""
    if isinstance(sql, Statement):
        return sql
    said = {match[1].lower(): match[2] for token in TOKEN.finditer(sql) if token["comment"] and (match := SAID.match(token[0]))}
    values = None
    if "params" in said:
        try:
            values = json.loads(said["params"])
        except json.JSONDecodeError as error:
            raise UsageError(f"{shown(sql)}: its params are no JSON: {error.msg} at column {error.colno} of {said['params']!r}.") from error
    return Statement(sql, said.get("name"), checked(values, said.get("name") or shown(sql)))


def with_names(texts: list[str]) -> list[Statement]:
    """Each with a name of its own: what it does, and the beginning of its fingerprint where several do the same."""
    kinds = [describe(text) for text in texts]
    names = [name for name, _ in kinds]
    return [
        Statement(text, name if names.count(name) == 1 else f"{name} {fingerprint[:8]}")
        for text, (name, fingerprint) in zip(texts, kinds, strict=True)
    ]


def checked(values: Any, title: str) -> Values | None:
    """A JSON list or object, as placeholders need it."""
    if values is not None and not isinstance(values, list | dict):
        raise UsageError(f"{title}: values of placeholders are a JSON list or an object by name, not {json.dumps(values)[:SHOWN]}.")
    return values


def explainable(sql: str) -> str:
    """The one statement of the text, without its semicolon; raises UsageError when running it could not be undone."""
    found = statements_in(sql)
    if len(found) != 1:
        raise UsageError(
            f"Expected one statement, found {len(found)}: {shown(sql)}. Give each one on its own." if found else f"There is no statement in {sql!r}."
        )
    word = first_word(found[0])
    if word == "EXPLAIN":
        raise UsageError(f"Leave EXPLAIN out, it is added: {shown(sql)}")
    if word not in ALLOWED:
        allowed = f"Only {', '.join(ALLOWED[:-1])} and {ALLOWED[-1]} are executed, because a rollback undoes all of them."
        raise UsageError(f"{shown(sql)} cannot be explained: it begins with {word or 'no word of SQL'}. {allowed}")
    return found[0]


def first_word(sql: str) -> str:
    """The verb in capitals; empty when the text does not begin with a word."""
    match = FIRST_WORD.match(without_comments(sql))
    return match[1].upper() if match else ""


def modifies(sql: str) -> bool:
    """Whether the statement itself changes rows; a WITH does when something inside it does. What functions do is not known."""
    return first_word(sql) not in READING and MODIFYING.search(code_of(sql)) is not None


def without_comments(sql: str) -> str:
    """The statement with each comment as one space."""
    return TOKEN.sub(lambda token: " " if token["comment"] else token[0], sql)


def code_of(sql: str) -> str:
    """The statement with each comment as one space and each literal empty; quoted names stay."""
    return TOKEN.sub(lambda token: " " if token["comment"] else "''" if token["quoted"] and token[0][0] != '"' else token[0], sql)


def shown(sql: str) -> str:
    """The beginning of a statement on one line."""
    line = " ".join(sql.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"
