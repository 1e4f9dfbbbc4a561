"""Text → what stays the same when only its values change: statements, prompts and keys become comparable."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from hashlib import sha256

_LONGEST_CACHED = 10_000
_LONGEST_PARSED = 1_000_000

_TOKEN = re.compile(
    r"""
    (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
  | (?P<text>\b[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
  | (?P<identifier>"(?:[^"]|"")*"|`[^`]*`|\[[A-Za-z_][\w ]*\])
  | (?P<parameter>%\(\w+\)s|%s|(?<![:\w]):[A-Za-z_]\w*|\$\d+|\?)
  | (?P<number>(?<![\w.])(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)\b)
  | (?P<space>\s+)
  | (?P<word>[A-Za-z_][\w$]*)
    """,
    re.VERBOSE | re.DOTALL,
)
_PLACEHOLDER = {"comment": " ", "text": "?", "parameter": "?", "number": "?", "space": " "}
_SPACES = re.compile(r"\s*([(),])\s*|\s+")
_ONE = r"-?\?(?:::[\w.]+(?:\[\])*)?"
_LIST = re.compile(rf"(?<=[(\[]){_ONE}(?:,{_ONE})*(?=[)\]])")
_ROWS = re.compile(r"\(\?\)(?:,\(\?\))+")
_VERB = re.compile(r"(?:[\s(]|--[^\n]*(?:\n|$)|/\*.*?\*/)*([A-Za-z]+)", re.DOTALL)
_TABLE = re.compile(
    r"""'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/|\b(?:from|into|update|join|table)\s+(?:only\s+)?(?P<table>[\w."`]+)""", re.IGNORECASE | re.DOTALL
)
_PLACE = re.compile(r"%(?:\(\w+\))?s|\?|:(?<![:\w]:)[A-Za-z_]\w*")
_SOURCES = re.compile(r"""(?:from|join|into|update|using)\s+(?:only\s+)?([a-z_"][\w."$]*(?:(?:\s+(?:as\s+)?\w+)?\s*,\s*[a-z_"][\w."$]*)*)""")
"""No flag for case and no word boundary: so the search skips to a first letter."""
_COMMENT = re.compile(r"('[^']*')|--[^\n]*|/\*.*?\*/", re.DOTALL)
_LONE_NUMBER = re.compile(r"[0-9](?<![\w.$][0-9])[0-9.]*")
"""What stands before is looked at last: so the search skips to a first digit."""
_LISTS = {" in (": re.compile(r" in \([0-9', .$]+\)"), " IN (": re.compile(r" IN \([0-9', .$]+\)")}
_SCHEMA = re.compile(r'[\w"$]+\.')
_LONG_NUMBER = re.compile(r"\d\d+")
_ALIAS_WORD = re.compile(r"\s+as\b|\s(?=\s)")
_ID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F-]{22}|\b[0-9a-fA-F]{12,}\b|(?<![A-Za-z])\d+(?![A-Za-z])")


def text_hash(text: str) -> str:
    """16 hexadecimal digits of the text's SHA-256."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def normalise(statement: str) -> str:
    """The statement without comments, values and needless space, in lower case; lists of values count as one."""
    plain = _TOKEN.sub(_replace, statement)
    tight = _SPACES.sub(lambda match: match.group(1) or " ", plain).strip(" ;")
    return _ROWS.sub("(?)", _LIST.sub("?", tight))


def describe(statement: str) -> tuple[str, str]:
    """The statement's short name (verb and first table) and its fingerprint."""
    return _describe(statement) if len(statement) <= _LONGEST_CACHED else _describe.__wrapped__(statement)


def fingerprint_of(statement: str) -> str:
    """16 hexadecimal digits that all executions of a statement share: by PostgreSQL's grammar, by its tokens where that does not know it."""
    if len(statement) <= _LONGEST_PARSED:
        code = _code(statement)
        # a question mark may also be an operator of PostgreSQL's: then the statement parses as it is
        plain = _without_numbers(code)
        found = (_by_grammar(plain) if len(plain) <= _LONGEST_CACHED else _parsed(plain, plain)) or _parsed(statement, code)
        if found is not None:
            return found
    return text_hash(normalise(statement))


def prepare() -> None:
    """Loads the grammar now, at an application's start, and not during its first request."""
    _grammar()


def pattern(key: str) -> str:
    """The key with its identifiers collapsed: user:42:page → user:{id}:page."""
    return _ID.sub("{id}", key)


@lru_cache(maxsize=1024)
def _describe(statement: str) -> tuple[str, str]:
    head = statement[:_LONGEST_CACHED]
    verb = _VERB.match(head)
    tables = (match["table"] for match in _TABLE.finditer(head))
    table = next((table if '"' in table else table.lower() for table in tables if table), None)
    name = " ".join(([verb[1].upper()] if verb else []) + ([table] if table else []))
    return name or "statement", fingerprint_of(statement)


@lru_cache(maxsize=2048)
def _by_grammar(code: str) -> str | None:
    """The same for many a text: few are left without their numbers."""
    return _parsed(code, code)


def _parsed(text: str, code: str) -> str | None:
    """None where the grammar does not know the text, or is not there."""
    grammar = _grammar()
    if grammar is None:
        return None
    fingerprint, refusals = grammar
    try:
        return text_hash(f"{fingerprint(text)} {_tables(code)}")
    except refusals:
        return None


@cache
def _grammar() -> tuple[Callable[[str], object], tuple[type[Exception], ...]] | None:
    """The parser's function and what it raises at a text of another dialect; None where pglast is not installed."""
    try:
        from pglast.parser import ParseError, fingerprint
    except ImportError:
        return None
    return fingerprint, (ParseError, ValueError)


def _tables(code: str) -> str:
    """Tables that a statement names: to the grammar's fingerprint an alias stands for its table, so that any two tables called t were one."""
    tables = " ".join(_SOURCES.findall(code.lower()))
    if "." in tables:
        tables = _SCHEMA.sub("", tables)
    if "," in tables:
        tables = _ALIAS_WORD.sub("", tables)
    return _LONG_NUMBER.sub("", tables)  # the grammar's fingerprint leaves out schemas and numbers of several digits, too


def _code(statement: str) -> str:
    """The statement without comments, with empty literals and with PostgreSQL's own placeholder for those of every driver."""
    code = _COMMENT.sub(lambda match: match[1] or " ", statement) if "--" in statement or "/*" in statement else statement
    if "'" in code:
        code = "''".join(code.split("'")[::2])
    return _PLACE.sub("$1", code) if "?" in code or "%" in code or ":" in code else code


def _without_numbers(code: str) -> str:
    """What the grammar's fingerprint leaves out, too: numbers, and how long a list is. A quoted name may hold anything and stays."""
    if '"' in code:
        return code
    for begin, listed in _LISTS.items():
        if begin in code:
            code = listed.sub(f"{begin}0)", code)
    return _LONE_NUMBER.sub("0", code)


def _replace(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    return _PLACEHOLDER.get(kind) or (match.group() if kind == "identifier" else match.group().lower())
