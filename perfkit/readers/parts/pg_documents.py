"""JSON that PostgreSQL explained: one document or several, as it is or in the frames of psql and pgAdmin, however deep it is nested."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]  # typeshed leaves it out
from typing import Any, NoReturn

import orjson

from perfkit.readers.parts.parsing import ESCAPED_HALF

PIECE = 1 << 19
"""Objects made from more than this leave the processor's cache."""
FIRST = re.compile(rb'\s*\[\s*(?P<element>\{\s*"[^"\\]{1,100}"\s*:)')
BETWEEN = re.compile(r"[\s;,]*")
SPACE = re.compile(r"[ \t\r\n]*")
SCALAR = re.compile(r"(?P<number>-?(?:0|[1-9]\d*)(?P<fraction>(?:\.\d+)?(?:[eE][+-]?\d+)?))|(?P<word>true|false|null)")
WORDS = {"true": True, "false": False, "null": None}
NO_NUMBER = re.compile(r"[\[:,]\s*(?P<word>-?Infinity|NaN)")
QUOTED = re.compile(r'\A\s*(?:"?QUERY PLAN"?\s*)?"[\[{]')
TITLE = re.compile(r'^"?QUERY PLAN"?\s*?$', re.MULTILINE)
QUOTE = re.compile(r'^"(?=[\[{])|(?<=[\]}])"\s*$', re.MULTILINE)


class NoDocument(ValueError):  # noqa: N818  it says what the text is
    """Not JSON from this place on; the reader knows the file."""

    def __init__(self, reason: str, text: str, position: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = text.count("\n", 0, position) + 1
        self.column = position - text.rfind("\n", 0, position)


class _NoNumber(ValueError):  # noqa: N818  it says what stood there
    """NaN or Infinity, which Python would read."""


def entries_of(given: bytes) -> Iterator[tuple[int, Any]]:
    """The entries of what is one document as it is, with the line where that begins; raises orjson.JSONDecodeError where it is not."""
    plain = given.removeprefix(BOM_UTF8)
    line = 1 + plain.count(b"\n", 0, len(plain) - len(plain.lstrip()))
    for entries in _pieces(plain):
        for entry in entries:
            yield line, entry


def _pieces(document: bytes) -> Iterator[list[Any]]:
    """A list's elements, some at a time: objects that are dropped before others are made leave their memory to those.

    Where an element ends is guessed by how the first one begins. A wrong guess has a bracket or a quote too many, and is no JSON.
    """
    begins = FIRST.match(document)
    position = begins.start("element") if begins else 0
    while begins and len(document) - position > PIECE:
        end = document.rfind(begins["element"], position + 1, position + PIECE)
        text = document[position:end].rstrip() if end > 0 else b""
        try:
            entries = orjson.loads(b"[" + text[:-1] + b"]") if text.endswith(b",") else []
        except orjson.JSONDecodeError:
            entries = []
        if not entries:
            break
        yield entries
        position = end
    rest = orjson.loads(b"[" + document[position:] if position else document)
    yield rest if isinstance(rest, list) else [rest]


def documents_of(text: str) -> list[tuple[int, Any]]:
    """The documents of a text, be it that they stand in a frame, with the lines where they begin; raises NoDocument."""
    if QUOTED.match(text):
        return list(_documents(QUOTE.sub("", TITLE.sub("", text)).replace('""', '"')))
    try:
        return list(_documents(text))
    except NoDocument:
        from perfkit.readers.parts.pg_frames import undecorated

        plain = "\n".join(line.text for line in undecorated(text, of_json=True))
        if plain == text:
            raise
        return list(_documents(plain))


def document_at(text: str, position: int) -> tuple[Any, int]:
    """The document that begins there, and where it ends; raises NoDocument."""
    try:
        try:
            document, end = _DECODER.raw_decode(text, position)
        except RecursionError:
            document, end = _deep(text, position)
    except json.JSONDecodeError as error:
        raise NoDocument(error.msg.removesuffix(" starting at"), text, error.pos) from error
    except _NoNumber as error:
        found = NO_NUMBER.search(text, position)
        raise NoDocument(f"{error} is no number", text, found.start("word") if found else position) from error
    if text.find("\\u", position, end) >= 0 and ESCAPED_HALF.search(text, position, end):
        _refuse_halves(document, text, position)
    return document, end


def _documents(text: str) -> Iterator[tuple[int, Any]]:
    position, line, counted = _behind(BETWEEN, text, 0), 1, 0
    if position == len(text):
        raise NoDocument("there is no document", text, position)
    while position < len(text):
        line, counted = line + text.count("\n", counted, position), position
        document, end = document_at(text, position)
        yield line, document
        position = _behind(BETWEEN, text, end)


def _refuse_halves(document: Any, text: str, position: int) -> None:
    """JSON may escape half a character; UTF-8 cannot hold it."""
    waiting = [document]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, str) and any("\ud800" <= character <= "\udfff" for character in item):
            raise NoDocument(f"a text holds half a character, {item[:40]!r}", text, position)


def _deep(text: str, position: int) -> tuple[Any, int]:
    """Like the decoder's, without a call for every level."""
    inside: list[tuple[Any, str | None]] = []
    """Open lists and objects, each with the key that waits for its value."""
    while True:
        position = _behind(SPACE, text, position)
        begins = text[position : position + 1]
        value: Any
        if begins in ("[", "{"):
            value = [] if begins == "[" else {}
            position = _behind(SPACE, text, position + 1)
            if text[position : position + 1] != _closing(value):
                key, position = _key(text, position) if begins == "{" else (None, position)
                inside.append((value, key))
                continue
            position += 1
        else:
            value, position = _scalar(text, position)
        while inside:
            container, key = inside.pop()
            if key is None:
                container.append(value)
            else:
                container[key] = value
            position = _behind(SPACE, text, position)
            if text[position : position + 1] == ",":
                key, position = (None, position + 1) if key is None else _key(text, _behind(SPACE, text, position + 1))
                inside.append((container, key))
                break
            if text[position : position + 1] != _closing(container):
                raise json.JSONDecodeError("Expecting ',' delimiter", text, position)
            value, position = container, position + 1
        else:
            return value, position


def _closing(container: Any) -> str:
    return "]" if isinstance(container, list) else "}"


def _key(text: str, position: int) -> tuple[str, int]:
    if text[position : position + 1] != '"':
        raise json.JSONDecodeError("Expecting property name enclosed in double quotes", text, position)
    key, position = scanstring(text, position + 1, True)
    position = _behind(SPACE, text, position)
    if text[position : position + 1] != ":":
        raise json.JSONDecodeError("Expecting ':' delimiter", text, position)
    return key, position + 1


def _scalar(text: str, position: int) -> tuple[Any, int]:
    if text[position : position + 1] == '"':
        value, end = scanstring(text, position + 1, True)
        return value, end
    match = SCALAR.match(text, position)
    if match is None:
        raise json.JSONDecodeError("Expecting value", text, position)
    if match["word"]:
        return WORDS[match["word"]], match.end()
    return (float(match["number"]) if match["fraction"] else int(match["number"])), match.end()


def _behind(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _no_number(word: str) -> NoReturn:
    raise _NoNumber(word)


_DECODER = json.JSONDecoder(parse_constant=_no_number)
