"""A pack that is wrong says where and why, everything at once, in sentences."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from perfkit.errors import UsageError
from perfkit.packs import Pack, load_pack, read_pack
from perfkit.packs.investigation import load_investigation
from perfkit.packs.lined import WrongFileError

GOOD = """\
name: shop
title: A shop
targets:
  - label: Items answer in time
    metric: latency.p95
    must_be: "<"
    limit: 500 ms
components:
  - name: items
    code: [app/items.py]
"""


def pack_of(folder: Path, text: str) -> Pack:
    (folder / "pack.yml").write_text(text, encoding="utf-8")
    return read_pack(folder)


def mistakes(folder: Path, text: str) -> list[tuple[int, str]]:
    with pytest.raises(WrongFileError) as caught:
        pack_of(folder, text)
    return [(item.line, item.text) for item in caught.value.found]


def test_a_good_pack_is_read(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, GOOD)
    assert (pack.name, pack.targets[0].metric_name, pack.targets[0].quantity.value, pack.folder) == ("shop", "latency.p95", 500.0, tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("title:", "titel:", 2, "there is no key `titel` in this file. Did you mean `title`?"),
        ("metric:", "metrc:", 5, "there is no key `metrc` in an entry of `targets`. Did you mean `metric`?"),
        ("latency.p95", "latency.p96", 5, "there is no metric `latency.p96`. Close to it: latency.p99, latency.p95"),
        ("latency.p95", "latency", 5, "`latency` needs a statistic: mean, fast_kind"),
        ('"<"', '"=<"', 6, "`must_be` is '=<'; allowed are '<', '<=', '>', '>='."),
        ('"<"', ">", 6, "In YAML > and >= stand in quotes."),
        ('"<"', '">"', 6, "less of latency.p95 is better, but the target asks for > 500 ms. Is that meant? Then say why in `note`."),
        ("500 ms", "500", 7, "the limit 500 has no unit; latency.p95 is measured in ms: write it in ms, such as 500 ms."),
        ("500 ms", "50 %", 7, "'50 %' is no limit for latency.p95; latency.p95 is measured in ms: write it in ms"),
        ("500 ms", "fast", 7, "'fast' is no quantity"),
        ("500 ms", "[1, 2]", 7, "`limit` must be text, not a list."),
        ("500 ms", "500 ms\n    reject: 400 ms", 8, "400 ms is not beyond the limit of 500 ms"),
        ("500 ms", "500 ms\n    users: 0", 8, "`users` is 0 and must be more than 0."),
        ("500 ms", "500 ms\n    users: 9\n    subject: 'GET *'", 9, "judged over all requests: leave `subject` out."),
        ("500 ms", "40 %\n    reduction: true", 6, "a reduction is a share that must be reached: write '>' or '>='"),
        ("500 ms", "500 ms\n    limit: 1 s", 8, "`limit` stands here a second time"),
        ("500 ms", "500 ms\n    subject: 'GET /items '", 8, "begins or ends with a space"),
        ("500 ms", "500 ms\n    subject: '[z-a]*'", 8, "a range of characters that runs backwards"),
        ("500 ms", "500 ms\n    label: ''", 8, "`label` stands here a second time"),
        ("app/items.py", "./app/items.py", 10, "the glob './app/items.py' fits nothing"),
        ("app/items.py", "''", 10, "an empty glob fits nothing"),
        ("[app/items.py]", "app/items.py", 10, "`code` must be a list, not text."),
        ("name: shop", "name: My Shop", 1, "`name` is 'My Shop': use small letters, digits, - and _ only."),
        ("title: A shop", "title: A shop\nerror_limit: 3", 3, "`error_limit` is 3 and must be less than 1."),
        ("title: A shop", "title: A shop\ndocuments:\n  x: {file: ../../etc/passwd}", 4, "is no path inside the repository"),
        ("title: A shop", "title: A shop\npools: [{smallest: 9, largest: 5, label: x}]", 3, "the smallest pool, 9, is larger than the largest, 5."),
        ("title: A shop", "title: A shop\nfolder: /", 3, "there is no key `folder` in this file."),
        ("title: A shop", "title: A shop\n7: seven", 3, "there is no key `7` in this file."),
        ("title: A shop", "title: A shop\ndocuments:\n  7: {file: a.md}", 4, "`7` must be text, not a number."),
        ("title: A shop", "title: A shop\ndocuments:\n  x: {fil: a.md}", 4, "there is no key `fil` in `x`. Did you mean `file`?"),
        ("title: A shop", "title: A shop: with a colon", 2, "this is not YAML"),
    ],
)
def test_a_mistake_is_said_with_its_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    found = mistakes(tmp_path, GOOD.replace(old, new, 1))
    assert any(at == line and said in text for at, text in found), found


def test_several_mistakes_are_said_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    wrong = GOOD.replace("title:", "titel:").replace("latency.p95", "latency.p9").replace("app/items.py", "/app/items.py").replace("500 ms", "1 GB x")
    found = mistakes(tmp_path, wrong)
    assert [line for line, _ in found] == sorted(line for line, _ in found)
    assert {2, 7, 10} <= {line for line, _ in found}


def test_mistakes_behind_a_wrong_entry_keep_their_lines(tmp_path: Path) -> None:
    more = '  - {label: A, metric: latency.p95, must_be: "<", limit: 1 s, nothing: 1}\n  - {label: B, metric: nothing.at.all, must_be: "<", limit: 1 s}\n'
    found = mistakes(tmp_path, GOOD.replace("components:", f"{more}components:"))
    assert [(line, text.split(".")[0]) for line, text in found] == [
        (8, "there is no key `nothing` in an entry of `targets`"),
        (9, "there is no metric `nothing"),
    ]


def test_two_targets_of_one_name_are_told_apart_by_their_variants(tmp_path: Path) -> None:
    twice = '  - {label: Items answer in time, metric: latency.p99, must_be: "<", limit: 1 s}\n'
    [(line, text)] = mistakes(tmp_path, GOOD.replace("components:", f"{twice}components:"))
    assert line == 8
    assert "need a `variant` of their own" in text
    one_named = twice.replace("metric:", "variant: P99, metric:")
    [(line, text)] = mistakes(tmp_path, GOOD.replace("components:", f"{one_named}components:"))
    assert (line, text) == (4, "'Items answer in time' is read in several ways, so this reading needs a `variant`, too.")


def test_a_span_without_its_kind_fits_nothing(tmp_path: Path) -> None:
    wrong = GOOD.replace("latency.p95", "span.p95").replace('"<"', '"<"\n    subject: gate.*')
    [(line, text)] = mistakes(tmp_path, wrong)
    assert line == 7
    assert "such as 'internal gate.*'" in text
    assert pack_of(tmp_path, wrong.replace("gate.*", "internal gate.*")).targets[0].subject == "internal gate.*"


def test_a_statistic_may_stand_beside_its_metric(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, GOOD.replace("latency.p95", "latency\n    statistic: p99"))
    assert pack.targets[0].metric_name == "latency.p99"


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just text\n", "42\n"])
def test_what_is_no_mapping_is_no_pack(tmp_path: Path, text: str) -> None:
    [(line, said)] = mistakes(tmp_path, text)
    assert line == 1
    assert "not a pack: write keys with values" in said


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "pack.yml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"pack\.yml: cannot be read"):
        read_pack(tmp_path)


def test_all_mistakes_fit_one_line_of_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "pack.yml").write_text(GOOD.replace("title:", "titel:"), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_pack(str(tmp_path))
    assert "\n" not in str(caught.value)
    assert "not a pack: 2 mistakes: line 1: `title` is missing" in str(caught.value)


def test_an_investigation_says_its_mistakes_in_the_same_way(tmp_path: Path) -> None:
    path = tmp_path / "question.yml"
    path.write_text("name: x\nsystem: demo\nfeature: f\nquestion: q\nprose:\n  impct: much\n", encoding="utf-8")
    with pytest.raises(
        UsageError, match=r"question\.yml: not an investigation: line 6: there is no key `impct` in `prose`\. Did you mean `impact`\?"
    ):
        load_investigation(path)


@pytest.mark.parametrize(
    "text",
    [
        "name: &a [*a]\n",
        "a: &a [x, x, x, x, x, x, x, x]\n" + "".join(f"{new}: &{new} [{', '.join([f'*{old}'] * 8)}]\n" for old, new in pairwise("abcdefgh")),
        "name: " + "[" * 3000 + "]" * 3000,
        f"name: {'x' * 100_000}\ntitle: {'[' * 50}",
    ],
)
def test_hostile_yaml_is_refused_in_one_short_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "pack.yml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_pack(tmp_path)
    assert len(str(caught.value)) < 3000


@pytest.mark.parametrize("junk", ["", "null", "7", "[]", "[1, {a: b}]", "{a: b}", "true", "'*'", "!!binary x", "2026-01-01", "-1e400", "\x00"])
def test_junk_in_any_line_is_read_or_refused_with_a_line_of_the_file(tmp_path: Path, junk: str) -> None:
    lines = (load_pack("sight").folder / "pack.yml").read_text(encoding="utf-8").splitlines()
    for number in range(0, len(lines), 9):
        key, colon, _ = lines[number].partition(": ")
        changed = [*lines[:number], f"{key}{colon}{junk}", *lines[number + 1 :]]
        try:
            pack_of(tmp_path, "\n".join(changed))
        except WrongFileError as error:
            assert all(1 <= item.line <= len(lines) + 1 and item.text for item in error.found)


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("{label: Index, improved: query.p96}", "there is no metric `query.p96`. Close to it: query.p95"),
        (
            "{label: Index, improved: query.p95, fixed: sqlite-full-scan}",
            "one thing shows that it is done, not 2: leave all but one of improved, fixed out.",
        ),
        ('{label: Index, measured: query.p95, subject: " select*"}', "begins or ends with a space"),
        ("{label: Index, shown_by: query.p95}", "there is no key `shown_by`"),
    ],
)
def test_an_item_of_a_checklist_is_shown_by_one_thing_that_there_is(tmp_path: Path, item: str, said: str) -> None:
    [(line, text)] = mistakes(tmp_path, f"name: shop\ntitle: A shop\nchecklists: [{{title: Database, items: [{item}]}}]\n")
    assert line == 3
    assert said in text
