"""A text of lists of whole numbers, `[1,2],[],[30]` → all numbers in one array, without an object of Python's for any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from numpy import int32, int64, uint8
    from numpy.typing import NDArray

FEW = 20_000
MOST_DIGITS = 8
"""As many as fit into one machine word, a byte each."""
SPACES = b" \t\r\n"
COMMA, OPEN, CLOSE = b",[]"


class NumberLists(NamedTuple):
    """Lists one after another."""

    numbers: NDArray[int32]
    lengths: NDArray[int64]


class Distinct(NamedTuple):
    """Lists of which equal ones are looked at once."""

    fresh: NumberLists
    """Those that had not come before."""
    which: NDArray[int64]
    """For each list of the text its number among all that were fresh so far."""


class DistinctLists:
    """Reads texts of lists one after another. Where hardly any list comes twice, it stops to compare them."""

    def __init__(self) -> None:
        self._known: dict[bytes, int] = {}
        self._fresh = self._seen = 0
        self._comparing = True

    def read(self, text: bytes) -> Distinct | None:
        """None where the text is no lists of numbers."""
        import numpy as np

        lists = _packed(text) if self._comparing else None
        if lists is None or lists[:1] != b"[" or lists[-1:] != b"]":
            found = number_lists(text)
            return None if found is None else Distinct(found, self.add(len(found.lengths)))
        texts = lists[1:-1].split(b"],[")
        which = [*map(self._known.get, texts)]
        fresh = [*dict.fromkeys(inside for inside, number in zip(texts, which, strict=True) if number is None)] if None in which else []
        found = number_lists(b"[" + b"],[".join(fresh) + b"]") if fresh else NumberLists(np.empty(0, np.int32), np.empty(0, np.int64))
        if found is None:
            return None
        if fresh:
            self._known.update(zip(fresh, self.add(len(fresh)).tolist(), strict=True))
            which = [*map(self._known.get, texts)]
        self._seen += len(texts)
        if len(self._known) > max(FEW, self._seen // 2):
            self._comparing = False
            self._known.clear()
        return Distinct(found, np.array(which, np.int64))

    def add(self, count: int) -> NDArray[int64]:
        """The numbers of fresh lists, also of those that were read by somebody else."""
        import numpy as np

        self._fresh += count
        return np.arange(self._fresh - count, self._fresh)


def number_lists(text: bytes) -> NumberLists | None:
    """None where the text is anything else than lists of numbers from 0, as JSON writes them, with commas between."""
    import numpy as np

    packed = _packed(text)
    if packed is None or packed[:1] != b"[" or packed[-1:] != b"]":
        return None
    # the digits of the first number end no earlier than here, so a word before each end is there
    padded = b"0" * (MOST_DIGITS - 1) + packed
    characters = np.frombuffer(padded, np.uint8)
    marks = np.flatnonzero(characters[MOST_DIGITS - 1 :] - np.uint8(ord("0")) > 9) + (MOST_DIGITS - 1)
    kinds, digits = characters[marks], np.diff(marks) - 1
    if not _are_lists(kinds, digits):
        return None
    numbers = whole_numbers(padded, marks[1:], digits)
    if numbers is None:
        return None
    opened, ended = np.flatnonzero(kinds == OPEN), np.flatnonzero(kinds == CLOSE)
    # between the brackets of n numbers stand n - 1 commas; between those of none, none
    return NumberLists(numbers[digits > 0], np.where(digits[opened] > 0, ended - opened, 0))


def _packed(text: bytes) -> bytes | None:
    """Without spaces; None where one divides two digits."""
    if not any(space in text for space in (b" ", b"\n", b"\t", b"\r")):
        return text
    import numpy as np

    characters = np.frombuffer(text, np.uint8)
    kept = np.flatnonzero(characters > ord(" "))
    rest = characters[kept]
    digit = rest - np.uint8(ord("0")) <= 9
    if (digit[1:] & digit[:-1] & (np.diff(kept) > 1)).any():
        return None
    return text.translate(None, SPACES)


def _are_lists(kinds: NDArray[uint8], digits: NDArray[int64]) -> bool:
    """Whether every list but the last is followed by a comma and the next one, and every comma inside stands between two numbers."""
    import numpy as np

    opens, closes, commas = kinds == OPEN, kinds == CLOSE, kinds == COMMA
    lists, nothing = np.count_nonzero(opens), digits == 0
    followed = np.count_nonzero(closes[:-2] & nothing[:-1] & commas[1:-1] & nothing[1:] & opens[2:])
    if not np.count_nonzero(closes) == lists == followed + 1 or np.count_nonzero(commas) + 2 * lists != len(kinds):
        return False
    empty = np.count_nonzero(opens[:-1] & closes[1:] & nothing)
    return bool(np.count_nonzero(nothing) == 2 * followed + empty)


def whole_numbers(padded: bytes, ends: NDArray[int64], digits: NDArray[int64]) -> NDArray[int32] | None:
    """What ends at each place; the characters before it are one word, of which its digits stay: pairs, then fours, then all are added up at once."""
    import numpy as np

    longest = digits.max(initial=0)
    if longest > MOST_DIGITS:
        return None
    size = 4 if longest <= 4 else 8
    word: Any = np.uint32 if size == 4 else np.uint64
    words: NDArray[Any] = np.ndarray((len(padded) - size + 1,), word, padded, 0, (1,))[ends - size]
    foreign = (size * 8 - digits * 8).astype(word)
    words >>= foreign
    if ((words & 0xFF == ord("0")) & (digits > 1)).any():
        return None
    words &= word(0x0F0F0F0F0F0F0F0F & (1 << size * 8) - 1)
    words <<= foreign
    words = (words * word(0x0A01) >> word(8)) & word(0x00FF00FF00FF00FF & (1 << size * 8) - 1)
    words = words * word(0x00640001) >> word(16)
    if size == 8:
        words = (words & word(0x0000FFFF0000FFFF)) * word(0x0000271000000001) >> word(32)
    numbers: NDArray[int32] = words.astype(np.int32)
    return numbers
