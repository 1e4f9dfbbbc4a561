"""V8's heap profile: what every node holds is the whole, and a damaged or hostile file is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError
from tests.readers.cutting import ARTEFACTS
from tests.readers.harm import assert_every_cut_is_refused, changed, drained
from tests.readers.profile_rows import by_function, fact, rows_of, totals

SHOP = ARTEFACTS / "heapprofile" / "shop.heapprofile"


def sizes(node: Any) -> int:
    return int(node["selfSize"]) + sum(map(sizes, node["children"]))


def test_the_total_is_the_sum_of_what_v8_gives_its_nodes() -> None:
    rows = rows_of(SHOP, "heapprofile")
    assert totals(rows) == {"bytes": fact(rows, "total", "bytes")} == {"bytes": sizes(json.loads(SHOP.read_text())["head"])}
    held = by_function(rows, "bytes")
    assert held["serve"] >= held["take"] >= held["Order"] > 400 * 2000 * 8 * 0.8


def test_what_the_root_holds_itself_stays_part_of_the_whole(tmp_path: Path) -> None:
    path = changed(SHOP, tmp_path, lambda document: document["head"].update(selfSize=7))
    assert by_function(rows_of(path, "heapprofile"), "bytes")["(root)"] == 7


def test_every_cut_is_refused(tmp_path: Path) -> None:
    assert_every_cut_is_refused(SHOP, "heapprofile", tmp_path)


@pytest.mark.parametrize(
    "wrong", [{"selfSize": -1}, {"selfSize": 1e300}, {"children": 7}, {"children": [None]}, {"callFrame": "x"}, {"selfSize": "x"}], ids=str
)
def test_a_node_of_another_form_is_refused(wrong: dict[str, Any], tmp_path: Path) -> None:
    path = changed(SHOP, tmp_path, lambda document: document["head"]["children"][0].update(wrong))
    with pytest.raises(ArtefactError, match="changed"):
        drained(path, "heapprofile")
