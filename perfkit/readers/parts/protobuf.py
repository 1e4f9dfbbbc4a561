"""Protocol buffers without a schema compiler: the fields of a message, one after another, every length checked against what is there."""

from __future__ import annotations

from collections.abc import Iterator

VARINT, FIXED_64, BYTES, FIXED_32 = 0, 1, 2, 5
WIDTHS = {FIXED_64: 8, FIXED_32: 4}
MOST_BYTES = 10
BITS = 64


class ProtobufError(Exception):
    """What is wrong and at which byte."""

    def __init__(self, reason: str, at: int) -> None:
        super().__init__(f"at byte {at}: {reason}")


def fields(content: memoryview, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Number, wire type, and a number or the place of bytes: (field, VARINT, value, 0) or (field, BYTES, start, end)."""
    at = start
    while at < end:
        begun = at
        key, at = varint(content, at, end)
        number, kind = key >> 3, key & 7
        if number == 0:
            raise ProtobufError("a field has the number 0.", begun)
        if kind == VARINT:
            value, at = varint(content, at, end)
            yield number, VARINT, value, 0
            continue
        if kind == BYTES:
            length, at = varint(content, at, end)
        elif kind in WIDTHS:
            length = WIDTHS[kind]
        else:
            raise ProtobufError(f"there is no wire type {kind}.", begun)
        if length > end - at:
            raise ProtobufError(f"a field of {length} bytes begins where only {end - at} are left; the file was cut off.", begun)
        yield number, kind, at, at + length
        at += length


def varint(content: memoryview, at: int, end: int) -> tuple[int, int]:
    """An unsigned number and the place behind it."""
    value, shift, start = 0, 0, at
    while at < end:
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (1 << BITS) - 1, at
        shift += 7
        if at - start >= MOST_BYTES:
            raise ProtobufError("a number has more than 10 bytes.", start)
    raise ProtobufError("the file ends within a number; it was cut off.", start)


def signed(value: int) -> int:
    """As int64, in which negative numbers have all ten bytes."""
    return value - (1 << BITS) if value >> (BITS - 1) else value


def numbers(content: memoryview, kind: int, start: int, end: int) -> list[int]:
    """A repeated number, packed or one at a time."""
    if kind == VARINT:
        return [start]
    if kind != BYTES:
        raise ProtobufError("a repeated number is neither packed nor a varint.", start)
    found, at = [], start
    while at < end:
        value, at = varint(content, at, end)
        found.append(value)
    return found
