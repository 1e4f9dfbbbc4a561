"""A pickle's bytes → plain values and inert records, by a machine of its own: it imports, calls and builds nothing that the file names.

A pickle is a program for a stack machine. Here the classes it names stay names, a call becomes a record of its arguments, and every step
is paid from an allowance of memory, so that neither a crafted nor a damaged file can run code, fill the memory or go on for ever.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

from perfkit.errors import ArtefactError
from perfkit.model.artefact import open_artefact

MOST_BYTES = 512 << 20
"""Of the file, decompressed."""
MOST_MEMORY = 900 << 20
"""What all values together may take, by an estimate that errs upwards."""
WIDEST_NUMBER = 255
"""Bytes of a whole number; wider ones are slow to use again and again."""
LONGEST_KEY = 16
"""Items of a tuple that is a key."""
GREATEST_KEY = 1 << 61
"""Whole numbers above it can be made to share a hash, and a table of them is slow."""
CONTAINER, ENTRY, SET = 72, 110, 216

SIMPLE = (str, int, float, bytes, bool, type(None))


@dataclass(eq=False, slots=True)
class Inert:
    """What the file wants to be an object of a class: what it says of it, and nothing of the class."""

    kind: str
    """The class's module and name."""
    arguments: Any = ()
    state: Any = None
    items: list[Any] = field(default_factory=list)
    """What it would append to the object."""
    entries: dict[Any, Any] = field(default_factory=dict)
    """What it would set in the object."""


@dataclass(eq=False, frozen=True, slots=True)
class Named:
    """A class or function that the file names."""

    kind: str


def unpickled(content: bytes, known: Collection[str]) -> Any:
    """The value. Raises ValueError where the bytes are no pickle, ask for more than they may, or name what is not known (module.name)."""
    return _Machine(content, known).run()


def unpickled_file(path: Path, name: str, known: Collection[str]) -> Any:
    """The same of a file, gzip or not, with an error that names it."""
    try:
        with open_artefact(path) as file:
            content = file.read(MOST_BYTES + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise ArtefactError(f"{path}: tried as {name}: it cannot be read: {error}.") from error
    if len(content) > MOST_BYTES:
        raise ArtefactError(f"{path}: tried as {name}: it holds more than {MOST_BYTES >> 20} MiB. Record less, or for a shorter time.")
    try:
        return unpickled(content, known)
    except ValueError as error:
        raise ArtefactError(f"{path}: tried as {name}: {error}.") from error


class _Mark:
    """Stands on the stack where a group begins."""


MARK: Final = _Mark()


class _Machine:
    def __init__(self, content: bytes, known: Collection[str]) -> None:
        self.content = content
        self.known = known
        self.at = 0
        self.room = MOST_MEMORY
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        content, end, steps, at = self.content, len(self.content), STEPS, 0
        while self.at < end:
            at = self.at
            code = content[at]
            if code == STOP:
                return self._result()
            step = steps[code]
            if step is None:
                self.refuse(f"byte {at} is {bytes([code])!r}, which no pickle of data uses", at)
            self.at = at + 1
            try:
                step(self)
            except (IndexError, KeyError, struct.error, UnicodeDecodeError, TypeError, OverflowError) as error:
                raise ValueError(f"byte {at}: the pickle is damaged or cut off ({type(error).__name__})") from error
            if self.room < 0:
                self.refuse(f"byte {at}: its values would take more than {MOST_MEMORY >> 20} MiB", at)
        raise ValueError(f"the pickle has no end: it was cut off after {end} bytes")

    def refuse(self, reason: str, at: int) -> NoReturn:
        raise ValueError(reason if reason.startswith("byte") else f"byte {at}: {reason}")

    def _result(self) -> Any:
        if len(self.stack) != 1 or self.marks:
            self.refuse("the pickle ends with less or more than one value", self.at)
        return self.stack[0]

    def take(self, size: int) -> bytes:
        """The next bytes; a length that is longer than the file costs nothing."""
        start, self.at = self.at, self.at + size
        if size < 0 or self.at > len(self.content):
            raise ValueError(f"byte {start}: {size} bytes should follow, but the file has {len(self.content) - start}. It was cut off or damaged")
        return self.content[start : self.at]

    def number(self, form: struct.Struct) -> int:
        (value,) = form.unpack_from(self.content, self.at)
        self.at += form.size
        return int(value)

    def line(self) -> str:
        end = self.content.index(b"\n", self.at) if b"\n" in self.content[self.at : self.at + 4096] else -1
        if end < 0:
            raise ValueError(f"byte {self.at}: a name has no end")
        text = self.content[self.at : end].decode()
        self.at = end + 1
        return text

    def push(self, value: Any, cost: int = 8) -> None:
        self.room -= cost
        self.stack.append(value)

    def pop(self) -> Any:
        self.top()
        return self.stack.pop()

    def group(self) -> list[Any]:
        """What was pushed since the last mark."""
        start = self.marks.pop()
        found = self.stack[start + 1 :]
        del self.stack[start:]
        return found

    def top(self) -> Any:
        if self.stack[-1] is MARK:
            raise IndexError("nothing since the mark")
        return self.stack[-1]

    def name(self, module: object, name: object) -> None:
        kind = f"{module}.{name}"
        if not (isinstance(module, str) and isinstance(name, str)) or kind not in self.known:
            raise ValueError(f"byte {self.at}: it names {kind[:80]!r}, which has no place in this format. Nothing of it was run")
        self.push(Named(kind), CONTAINER)


def key_of(value: Any) -> Any:
    """A value that is safe to hash; a record is, by what it is and not by what it holds."""
    parts = value if type(value) is tuple and len(value) <= LONGEST_KEY else (value,)
    for part in parts:
        if (type(part) not in SIMPLE and not isinstance(part, Inert | Named)) or (type(part) is int and abs(part) >= GREATEST_KEY):
            raise ValueError(f"a {type(part).__name__} stands where a simple key belongs")
    return value


Step = Callable[[_Machine], None]
STOP = ord(".")
STEPS: list[Step | None] = [None] * 256
U1, U2, U4, U8, I4, F8 = (struct.Struct(form) for form in ("<B", "<H", "<I", "<Q", "<i", ">d"))


def _constant(value: Any) -> Step:
    return lambda machine: machine.push(value)


def _number(form: struct.Struct) -> Step:
    return lambda machine: machine.push(machine.number(form), 40)


def _real(machine: _Machine) -> None:
    (value,) = F8.unpack(machine.take(8))
    machine.push(value, 32)


def _long(form: struct.Struct) -> Step:
    def step(machine: _Machine) -> None:
        size = machine.number(form)
        if size > WIDEST_NUMBER:
            raise ValueError(f"byte {machine.at}: a number of {size} bytes")
        machine.push(int.from_bytes(machine.take(size), "little", signed=True), 300)

    return step


def _text(form: struct.Struct) -> Step:
    def step(machine: _Machine) -> None:
        taken = machine.take(machine.number(form))
        machine.push(taken.decode("utf-8", "replace"), 60 + (len(taken) if taken.isascii() else 4 * len(taken)))

    return step


def _binary(form: struct.Struct) -> Step:
    def step(machine: _Machine) -> None:
        taken = machine.take(machine.number(form))
        machine.push(taken, 48 + len(taken))

    return step


def _python_2_text(form: struct.Struct) -> Step:
    def step(machine: _Machine) -> None:
        taken = machine.take(machine.number(form))
        machine.push(taken.decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode(), 60 + 4 * len(taken))

    return step


def _mark(machine: _Machine) -> None:
    machine.marks.append(len(machine.stack))
    machine.push(MARK, 48)


def _new(make: Callable[[], Any], cost: int) -> Step:
    return lambda machine: machine.push(make(), cost)


def _tuple_of(size: int) -> Step:
    def step(machine: _Machine) -> None:
        machine.push(tuple([machine.pop() for _ in range(size)][::-1]), CONTAINER)

    return step


def _tuple(machine: _Machine) -> None:
    found = machine.group()
    machine.push(tuple(found), CONTAINER + 8 * len(found))


def _list(machine: _Machine) -> None:
    found = machine.group()
    machine.push(found, CONTAINER + 8 * len(found))


def _append(machine: _Machine) -> None:
    value = machine.pop()
    _appended(machine, [value])


def _appends(machine: _Machine) -> None:
    _appended(machine, machine.group())


def _appended(machine: _Machine, values: list[Any]) -> None:
    target = machine.top()
    target = target.items if isinstance(target, Inert) else target
    if type(target) is not list:
        raise TypeError("no list to append to")
    machine.room -= 10 * len(values)
    target.extend(values)


def _set_items(machine: _Machine, values: list[Any]) -> None:
    target = machine.top()
    target = target.entries if isinstance(target, Inert) else target
    if type(target) is not dict or len(values) % 2:
        raise TypeError("no table to set in")
    machine.room -= ENTRY * (len(values) // 2)
    for key, value in zip(values[::2], values[1::2], strict=True):
        target[key_of(key)] = value


def _set_item(machine: _Machine) -> None:
    value = machine.pop()
    key = machine.pop()
    _set_items(machine, [key, value])


def _set_group(machine: _Machine) -> None:
    _set_items(machine, machine.group())


def _dict(machine: _Machine) -> None:
    values = machine.group()
    machine.push({}, CONTAINER)
    _set_items(machine, values)


def _add_items(machine: _Machine) -> None:
    values = machine.group()
    target = machine.top()
    if type(target) is not set:
        raise TypeError("no set to add to")
    machine.room -= ENTRY * len(values)
    target.update(key_of(value) for value in values)


def _frozen_set(machine: _Machine) -> None:
    values = machine.group()
    machine.push(frozenset(key_of(value) for value in values), SET + ENTRY * len(values))


def _put(form: struct.Struct) -> Step:
    def step(machine: _Machine) -> None:
        machine.room -= ENTRY
        machine.memo[machine.number(form)] = machine.top()

    return step


def _memoize(machine: _Machine) -> None:
    machine.room -= ENTRY
    machine.memo[len(machine.memo)] = machine.top()


def _get(form: struct.Struct) -> Step:
    return lambda machine: machine.push(machine.memo[machine.number(form)])


def _global(machine: _Machine) -> None:
    module = machine.line()
    machine.name(module, machine.line())


def _stack_global(machine: _Machine) -> None:
    name = machine.pop()
    machine.name(machine.pop(), name)


def _call(machine: _Machine) -> None:
    arguments = machine.pop()
    _object(machine, machine.pop(), arguments)


def _call_with_names(machine: _Machine) -> None:
    machine.pop()
    _call(machine)


def _object(machine: _Machine, what: Any, arguments: Any) -> None:
    if not isinstance(what, Named) or type(arguments) is not tuple:
        raise TypeError("no class to make an object of")
    machine.push(Inert(what.kind, arguments), 4 * CONTAINER)


def _build(machine: _Machine) -> None:
    state = machine.pop()
    target = machine.top()
    if not isinstance(target, Inert):
        raise TypeError("no object to give a state")
    target.state = state


def _discard(machine: _Machine) -> None:
    machine.pop()


def _discard_group(machine: _Machine) -> None:
    machine.group()


def _again(machine: _Machine) -> None:
    machine.push(machine.top())


def _skip(size: int) -> Step:
    def step(machine: _Machine) -> None:
        machine.take(size)

    return step


for _code, _step in (
    (b"\x80", _skip(1)), (b"\x95", _skip(8)), (b"N", _constant(None)), (b"\x88", _constant(True)), (b"\x89", _constant(False)),
    (b"J", _number(I4)), (b"K", _number(U1)), (b"M", _number(U2)), (b"G", _real), (b"\x8a", _long(U1)), (b"\x8b", _long(I4)),
    (b"\x8c", _text(U1)), (b"X", _text(U4)), (b"\x8d", _text(U8)), (b"C", _binary(U1)), (b"B", _binary(U4)), (b"\x8e", _binary(U8)),
    (b"U", _python_2_text(U1)), (b"T", _python_2_text(I4)), (b"(", _mark), (b"]", _new(list, CONTAINER)), (b"}", _new(dict, CONTAINER)),
    (b"\x8f", _new(set, SET)), (b")", _constant(())), (b"\x85", _tuple_of(1)), (b"\x86", _tuple_of(2)), (b"\x87", _tuple_of(3)),
    (b"t", _tuple), (b"l", _list), (b"d", _dict), (b"a", _append), (b"e", _appends), (b"s", _set_item), (b"u", _set_group), (b"\x90", _add_items),
    (b"\x91", _frozen_set), (b"q", _put(U1)), (b"r", _put(U4)), (b"\x94", _memoize), (b"h", _get(U1)), (b"j", _get(U4)), (b"c", _global),
    (b"\x93", _stack_global), (b"R", _call), (b"\x81", _call), (b"\x92", _call_with_names), (b"b", _build), (b"0", _discard),
    (b"1", _discard_group), (b"2", _again),
):  # fmt: skip
    STEPS[_code[0]] = _step
