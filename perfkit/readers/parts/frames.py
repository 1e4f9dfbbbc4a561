"""Where code is, as profilers name it: the same function in the same file at the same line is one frame in every run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from perfkit.model.batch import Columns

if TYPE_CHECKING:
    import numpy as np

Place = tuple[str, str, int]
"""Function, file, first line of the function; 0 where the profiler does not tell or there is none."""


def frame_id_of(place: Place) -> int:
    """Equal in every run, so that runs share frames; 63 bits, which every client's integers hold."""
    function, file, line = place
    text = f"{function}\0{file}\0{line}".encode("utf-8", "surrogateescape")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1


def frame_ids_of(places: Iterable[Place]) -> np.ndarray[Any, Any]:
    """Those of many places at once."""
    import numpy as np

    texts = (f"{function}\0{file}\0{line}".encode("utf-8", "surrogateescape") for function, file, line in places)
    digests = b"".join([hashlib.blake2b(text, digest_size=8).digest() for text in texts])
    return (np.frombuffer(digests, ">u8") >> 1).astype("i8")


class Frames:
    """The frames of one artefact, each once."""

    def __init__(self) -> None:
        self._ids: dict[Place, int] = {}

    def id_of(self, function: str, file: str = "", line: int = 0) -> int:
        place = (function, file, line)
        known = self._ids.get(place)
        if known is None:
            known = self._ids[place] = frame_id_of(place)
        return known

    def columns(self) -> Columns:
        """Rows of the table frames."""
        functions, files, lines = zip(*self._ids, strict=True) if self._ids else ((), (), ())
        return Columns("frames", {"frame_id": list(self._ids.values()), "function": functions, "file": files, "line": lines})
