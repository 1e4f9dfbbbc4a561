"""The text of a statement → what it asks for: a key, a page, a search, a batch, a write. Careful patterns: any SQL dialect comes here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

COMMENT = re.compile(r"--[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
LITERAL = re.compile(r"'(?:[^']|'')*'")
CAST = re.compile(r"::\w+(?: with(?:out)? time zone| varying| precision)?(?:\([\d, ]*\))?(?:\[\])?")
PLACEHOLDER = re.compile(r"%\(\w+\)s|%s|\$\d+|(?<![:\w]):[a-z_]\w*")

NAME = r"[\w\"`.\[\]]+"
VALUE = r"(?:\?|'…'|-?\d[\d.]*)"
INSIDE = r"\s*(?:cast\s*\(\s*|lower\s*\(\s*|upper\s*\(\s*)?\(?\s*"
"""What may stand between an operator and its value."""
COLUMN = rf"(?![\d.]){NAME}(?:\s*->>?\s*'…'|\s*[-+*/]\s*\d+)*"
"""Also a key of a JSON document, or a little arithmetic."""
IS = r"(?:(?<![<>!=])=(?!=)|\bis\s+not\s+distinct\s+from\b)"
EQUAL = re.compile(rf"(?P<column>{COLUMN})\)*\s*{IS}{INSIDE}{VALUE}|(?P<only>{NAME})\)*\s+in\s*\(\s*{VALUE}\s*\)")
REVERSED = re.compile(rf"(?:^|[\s(])(?:cast\s*\()?\?[^=<>?]{{0,40}}?=\s*(?P<column>{NAME})")
"""SQLAlchemy's lazy loader puts the value first."""
COMPARISON = r"(?:(?<![-<>=!@#])(?:<=|>=|<|>)(?![-<>=@#])|\bi?like\b|\bsimilar\s+to\b|\bbetween\b|\bmatch\b|\bglob\b|\bregexp\b|@@|~\*?|<->|<=>|<#>)"
SEARCH = re.compile(rf"{COMPARISON}{INSIDE}\?")
KEYSET = re.compile(rf"{COMPARISON}{INSIDE}{VALUE}.*\border\s+by\b.*\b(?:limit|fetch)\b", re.DOTALL)
PAGE = re.compile(r"\blimit\b.*\boffset\b|\boffset\b.*\b(?:limit|fetch)\b", re.DOTALL)
ARRAY = re.compile(r"=\s*(?:any|some)\s*\(")
LIMIT = re.compile(r"\b(?:limit|fetch\s+(?:first|next)|for\s+update|for\s+no\s+key\s+update|skip\s+locked)\b")
WRITE = re.compile(r"^\s*(?:insert|update|delete|merge|replace)\b|^\s*with\b.*\b(?:insert\s+into|delete\s+from|update\s+\S+\s+set)\s", re.DOTALL)
READ = re.compile(r"^[\s(]*(?:select|with)\b")
ROW = re.compile(r"^\s*(?:insert|replace|merge)\b(?!.*\bselect\b)", re.DOTALL)
CONFLICT = re.compile(r"\bon\s+(?:conflict|duplicate\s+key)\b|^\s*(?:merge|replace)\b")
FROM = re.compile(r"\bfrom\s+(?:only\s+)?(?P<table>[\w\"`.]+)")
INTO = re.compile(r"\b(?:into|update|from)\s+(?:only\s+)?(?P<table>[\w\"`.]+)")
COUNT = re.compile(r"\b(?:count|sum|avg|min|max)\s*\(")
EXISTS = re.compile(r"^\s*select\s+(?:\(?\s*exists\b|1\s+(?:as\s+\w+\s+)?from\b)")
QUALIFIED = re.compile(
    r"^[\s(]*select\s+(?:distinct\s+)?(?P<table>[\w\"`]+)\.[\w\"`]+(?:\s+as\s+\w+)?\s*(?=,|from\b)(?=.*(?:\bfrom|\bjoin|,)\s+(?P=table)[\s,)]|.*\bas\s+(?P=table)(?<=_\d)\b)",
    re.DOTALL,
)
"""Not where a table has a short name: people give those."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What one statement asks for."""

    table: str | None
    """The first table that it reads or writes. None when there is none, as in a ping."""
    reads: bool
    writes: bool
    single_row: bool
    """It inserts rows that the client sends, not the result of a query."""
    updates_instead: bool
    """It says what to do about a row that is there already."""
    equal: str | None
    """The column that must equal a value."""
    lazy: str | None
    """The same where the value stands first, as a lazy loader of SQLAlchemy writes it."""
    searches: bool
    """It compares with a value in another way, or takes rows page by page: other values need not be other rows' keys."""
    in_array: bool
    limited: bool
    """It takes or locks some of many rows: asked again it answers otherwise."""
    counts: bool
    tests: bool
    """It only asks whether there is a row."""
    by_orm: bool
    """It names its columns as SQLAlchemy does, each with its table."""
    without_key: bool
    """It reads columns of the row with a key and not the key: so SQLAlchemy loads what it had deferred."""

    @property
    def column(self) -> str | None:
        return self.lazy or self.equal

    @property
    def by_key(self) -> bool:
        """Whether the column is named like the key of its table."""
        column = (self.column or "").rpartition(".")[2].strip('"`[]')
        table = (self.table or "").rpartition(".")[2].strip('"`')
        named = column.removesuffix("_id")
        return column in ("id", "pk", "uuid", "key", "code", "name") or (named != column and table in (named, named + "s", named + "es"))


def plain(statement: str) -> str:
    """Lower case, without comments, texts and casts; ? for every parameter."""
    text = COMMENT.sub(" ", LITERAL.sub("'…'", statement)).lower()
    return PLACEHOLDER.sub("?", CAST.sub("", text))


@lru_cache(maxsize=1024)
def shape_of(statement: str) -> Shape:
    """The statement as the rules see it."""
    text = plain(statement)
    writes = WRITE.search(text) is not None
    condition = _conditions(text, writes)
    equal, lazy = EQUAL.search(condition), REVERSED.search(condition)
    table, orm = (INTO if writes else FROM).search(text), QUALIFIED.match(text + " ")
    return Shape(
        table=table["table"].strip('"`') if table else None,
        reads=READ.match(text) is not None and not writes,
        writes=writes,
        single_row=ROW.search(text) is not None,
        updates_instead=CONFLICT.search(text) is not None,
        equal=(equal["column"] or equal["only"]) if equal else None,
        lazy=lazy["column"] if lazy else None,
        searches=any(pattern.search(condition) for pattern in (SEARCH, KEYSET, PAGE)),
        in_array=ARRAY.search(condition) is not None,
        limited=LIMIT.search(condition) is not None,
        counts=COUNT.search(text[: table.start()] if table else text) is not None,
        tests=EXISTS.match(text) is not None,
        by_orm=orm is not None,
        without_key=_is_without_key(text, orm, equal["column"] if equal else None),
    )


def _is_without_key(text: str, orm: re.Match[str] | None, column: str | None) -> bool:
    read = re.split(r"\sfrom\s", text, maxsplit=1)[0].replace(",", " ").split()
    return orm is not None and column is not None and column not in read


def _conditions(text: str, writes: bool) -> str:
    """What follows the table of a read, or the WHERE of a write: values before it are data."""
    _, found, rest = text.partition(" where " if writes else " from ")
    if found or writes:
        return rest
    start = FROM.search(text)
    return text[start.start() :] if start else ""
