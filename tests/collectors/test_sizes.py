"""Sizes are read as people write them, and made data have exactly the size asked for."""

from __future__ import annotations

import json

import pytest

from perfkit.collectors.sizes import filled, made_text, size_from, sizes_from, value_of
from perfkit.errors import UsageError


@pytest.mark.parametrize(
    ("text", "size"),
    [("4000", 4000), ("4k", 4000), ("4K", 4000), ("4KB", 4000), ("4Ki", 4096), ("4KiB", 4096), ("2^10", 1024), ("1.5M", 1_500_000), ("4e3", 4000)],
)
def test_a_size_is_read_as_written(text: str, size: int) -> None:
    assert size_from(text) == size


@pytest.mark.parametrize("text", ["", "k", "-4", "4x", "0", "2^99", "2^999", "1e99", "4 k 5"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no size"):
        size_from(text)


def test_sizes_ascend_and_occur_once() -> None:
    assert sizes_from("4k, 1k,16k,1000") == (1000, 4000, 16000)
    with pytest.raises(UsageError, match="names 2 sizes"):
        sizes_from("1k,1000,2k")


@pytest.mark.parametrize("size", [1, 2, 3, 10, 999, 28_000])
def test_made_text_has_exactly_so_many_bytes_and_fits_into_json(size: int) -> None:
    text = made_text(size, "seed")
    assert len(text.encode()) == size
    assert json.loads(filled('{"text": "{text:size}"}', size, "seed")) == {"text": text}
    assert size < 10 or made_text(size, "another") != text


def test_rows_and_numbers_keep_their_type_and_other_braces_stay() -> None:
    assert filled('{"rows": {rows:size}, "n": {size}, "x": {"y": 1}}', 2, "s").startswith('{"rows": [{"id": 0, ')
    made = json.loads(filled('{"rows": {rows:size}, "n": {size}}', 3, "s"))
    assert (len(made["rows"]), made["n"]) == (3, 3)
    assert value_of(["{size}", {"a": "{text:size}"}, "n={size}", 7], 4, "s") == [4, {"a": made_text(4, "s")}, "n=4", 7]
