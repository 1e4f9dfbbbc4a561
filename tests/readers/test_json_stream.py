"""A JSON text that is walked in small pieces says the same as one that is read at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.errors import ArtefactError
from perfkit.readers.parts import json_stream
from perfkit.readers.parts.json_stream import Cursor, opened_json

TEXTS = st.text(st.sampled_from('ab"\\[]{},:\n é😀'), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=25,
)


@given(st.lists(VALUES, max_size=12), st.integers(2, 40), st.sampled_from([None, 1]), st.booleans())
def test_batches_are_the_array(values: list[Any], chunk: int, indent: int | None, ascii_only: bool) -> None:
    cursor = Cursor(Path("x"), "json", json.dumps({"before": values, "all": values, "z": 1}, indent=indent, ensure_ascii=ascii_only).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "CHUNK", chunk)
        found = {key: [item for batch in cursor.batches() for item in batch] if key == "all" else None for key in cursor.members()}
    assert found == {"before": None, "all": values, "z": None}
    cursor.finish()


@given(st.lists(VALUES, min_size=1, max_size=8), st.data())
def test_a_cut_array_gives_its_whole_elements(values: list[Any], data: st.DataObject) -> None:
    text = json.dumps(values).encode()
    cursor = Cursor(Path("x"), "json", text[: data.draw(st.integers(1, len(text) - 1))])
    found = [item for batch in cursor.batches(open_end=True) for item in batch]
    assert cursor.cut
    assert found[: len(values) - 1] == values[: len(found)][: len(values) - 1]


@pytest.mark.parametrize("text", ["[1,,2]", "[1 2]", '{"a" 1}', '{"a":}', "[1,2}", "{1:2}", '["\\x"]', "[NaN]", "[1]x", "[" * 3000 + "]" * 3000])
def test_what_is_no_json_is_refused(text: str) -> None:
    cursor = Cursor(Path("made.json"), "json", text.encode())
    with pytest.raises(ArtefactError, match=r"made\.json"):
        _walked(cursor)


def test_half_a_character_is_replaced() -> None:
    cursor = Cursor(Path("x"), "json", b'["\\ud83d", "\\ud83d\\ude00"]')
    assert [item for batch in cursor.batches() for item in batch] == ["\ufffd", "😀"]


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    with pytest.raises(ArtefactError, match="empty"), opened_json(path, "json"):
        pass


def _walked(cursor: Cursor) -> None:
    if cursor.peek() == "{":
        for _ in cursor.members():
            cursor.value()
    else:
        for _ in cursor.batches():
            pass
    cursor.finish()
