"""SQL text → single statements that a rollback undoes. Told apart by their words only: what is not certain is refused."""

from __future__ import annotations

import re

from perfkit.errors import UsageError

ALLOWED = ("SELECT", "WITH", "VALUES", "TABLE", "INSERT", "UPDATE", "DELETE", "MERGE")
COMMENT = r"(?P<comment>--[^\n]*|/\*.*?\*/)"
QUOTED = r"(?P<quoted>(?<!\w)[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|(?<!\w)(?P<tag>\$(?:[A-Za-z_]\w*)?\$).*?(?P=tag))"
TOKEN = re.compile(rf"{COMMENT}|{QUOTED}|(?P<end>;)|(?P<open>['\"]|/\*|(?<!\w)\$(?:[A-Za-z_]\w*)?\$)", re.DOTALL)
FIRST_WORD = re.compile(r"[\s(]*([A-Za-z]+)")
SHOWN = 80


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


def explainable(sql: str) -> str:
    """The one statement of the text, without its semicolon; raises UsageError when running it could not be undone."""
    found = statements_in(sql)
    if len(found) != 1:
        raise UsageError(f"Expected one statement, found {len(found)}: {shown(sql)}. Give each one on its own.")
    match = FIRST_WORD.match(without_comments(found[0]))
    word = match[1].upper() if match else ""
    if word == "EXPLAIN":
        raise UsageError(f"Leave EXPLAIN out, it is added: {shown(sql)}")
    if word not in ALLOWED:
        allowed = f"Measured are {', '.join(ALLOWED)}."
        raise UsageError(f"{word or 'This'} is not measured, because it could not be undone: {shown(sql)}. {allowed}")
    return found[0]


def without_comments(sql: str) -> str:
    """The statement with each comment as one space."""
    return TOKEN.sub(lambda token: " " if token["comment"] else token[0], sql)


def shown(sql: str) -> str:
    """The beginning of a statement on one line."""
    line = " ".join(sql.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"
