"""Text → what stays the same when only its values change: statements, prompts and keys become comparable."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256

_LONGEST_CACHED = 10_000

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
_VERB = re.compile(r"[a-z]+")
_TABLE = re.compile(r"""\b(?:from|into|update|join|table)\s+(?:only\s+)?([\w."`]+)""")
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


def pattern(key: str) -> str:
    """The key with its identifiers collapsed: user:42:page → user:{id}:page."""
    return _ID.sub("{id}", key)


@lru_cache(maxsize=1024)
def _describe(statement: str) -> tuple[str, str]:
    normal = normalise(statement)
    verb = _VERB.search(normal)
    table = _TABLE.search(normal)
    name = " ".join(([verb.group().upper()] if verb else []) + ([table.group(1)] if table else []))
    return name or "statement", text_hash(normal)


def _replace(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    return _PLACEHOLDER.get(kind) or (match.group() if kind == "identifier" else match.group().lower())
