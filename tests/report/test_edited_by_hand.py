"""Whoever edits a number of a report by hand is found out by verify, wherever the number stands and however it is written."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from perfkit.errors import DocumentError
from perfkit.workbench import Workbench
from tests.report.asked_report import ASKED, IMPACT, QUESTION, Edit, asked, edited, inserting, replacing

Written = tuple[Workbench, Path]
ROW = r"^(\| `GET /bread` .*)$\n"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return asked(tmp_path_factory.mktemp("asked"))


def test_the_words_of_the_asker_are_written_and_verify(written: Written) -> None:
    bench, report = written
    text = report.read_text(encoding="utf-8")
    assert all(line in text for line in (*QUESTION.splitlines(), *IMPACT.splitlines()))
    assert "words" not in text.split("<!-- perfkit report")[1]
    checked = bench.verify(report)
    assert len(checked) > 50
    assert [item for item in checked if not item.agrees] == []


def swapped(text: str) -> str:
    """Two cited numbers of one sentence change places, each with its own footnote."""
    return re.sub(r"(P95 of )([\d.]+ ms\[\^\d+\])( to )([\d.]+ ms\[\^\d+\])", r"\1\4\3\2", text, count=1)


def of_another_row(text: str) -> str:
    """The numbers of one endpoint stand beside the name of another one."""
    return re.sub(r"^\| `GET /bread` ", "| `GET /jam` ", text, count=1, flags=re.MULTILINE)


def with_head(text: str) -> str:
    """What was slow is now called fast."""
    return text.replace("| **Baseline** P95 | **Optimized** P95 |", "| **Optimized** P95 | **Baseline** P95 |")


NUMBERS: dict[str, tuple[Edit, str]] = {
    "words in the meta line and in prose": (
        lambda text: inserting("It is now 3x faster.")(text).replace('"system"', '"words": "3x faster", "system"'),
        "3x",
    ),
    "list of words in the meta line": (
        lambda text: inserting("It is now 3x faster.")(text).replace('"workspace"', '"about": "3x faster", "workspace"'),
        "3x",
    ),
    "prose": (inserting("It is now 3 times faster."), "3"),
    "prose with a number of the question": (inserting("It now serves 500 users."), "500"),
    "question": (replacing("for 500 users", "for 800 users"), "800"),
    "end of the question": (replacing("250 ms enough?", "250 ms enough? Yes, at 90 ms."), "90"),
    "quotation": (replacing("> Every page takes 2 s.", "> Every page takes 1 s."), "1"),
    "quotation that is added": (inserting("> Every page is 9 ms faster, said the boss."), "9"),
    "quotation that becomes a statement": (replacing("> Users wait.\n> Every page", "Every page"), "2"),
    "heading": (replacing("### Benchmark Results", "### Benchmark Results: 40 % less"), "40"),
    "title": (replacing("The 2nd shop of 7", "The 2nd shop of 9"), "9"),
    "table without a footnote": (
        lambda text: re.sub(ROW, r"\1\n| `GET /new` | 5 ms | 1 ms | 5× | 4× | 6× | faster |\n", text, count=1, flags=re.M),
        "5",
    ),
    "code block that is added": (inserting("```\nbefore 90 ms, after 9 ms\n```"), "90"),
    "indented code": (inserting("    before 90 ms, after 9 ms"), "90"),
    "alerting rule": (replacing(">= 0.01", ">= 0.05"), "0.05"),
    "figure caption": (replacing("![P95 of each endpoint before and after]", "![P95 of each endpoint, 3 of them faster]"), "3"),
    "figure title": (replacing("latency.svg)", 'latency.svg "9 ms faster")'), "9"),
    "comment that shows text behind it": (inserting("<!-- a remark --> It is now 3 times faster."), "3"),
    "hidden comment": (inserting("<!-- 3 times -->"), "3"),
    "head of the table of runs": (replacing("| label | kind | runs |", "| label | kind | runs of 9 ms |"), "9"),
    "named footnote": (inserting("[^a]: It is now 3 times faster."), "3"),
    "words": (inserting("It is now three times faster."), "three"),
    "words split by emphasis": (inserting("It is now thr**ee** times faster."), "three"),
    "words split by a space of no width": (inserting("It is now th\u200bree times faster."), "three"),
    "twice": (inserting("It is now twice as fast."), "twice"),
    "a tenfold": (inserting("That is a tenfold gain."), "tenfold"),
    "Arabic digits": (inserting("It is now \u0663 times faster."), "\u0663"),
    "full-width digits": (inserting("It is now \uff13 times faster."), "3"),
    "fraction in one character": (inserting("It takes ½ of the time."), "1"),
    "digit in a circle": (inserting("It is now ③ times faster."), "3"),
    "superscript": (inserting("It grows with n² only."), "n2"),
    "Chinese digits": (inserting("It is now 三 times faster."), "三"),
    "keycap": (inserting("It is now 3\ufe0f\u20e3 times faster."), "3"),
    "HTML entity": (inserting("It is now &#51; times faster."), "3"),
    "hexadecimal HTML entity": (inserting("It is now &#x33;x faster."), "3x"),
    "number split by emphasis": (inserting("It takes 1**2** ms."), "12"),
    "number split by tags": (inserting("It takes 1<b></b>2 ms."), "2"),
    "number that begins a list": (inserting("7. times faster than before"), "7."),
    "code in a sentence": (inserting("It takes `12 ms` now."), "12"),
    "unit behind the name": (inserting("It reaches P12ms now."), "P12ms"),
    "link": (inserting("[It is now 3 times faster](https://example.org)."), "3"),
    "no link": (inserting("[It is now](3 times faster)."), "3"),
    "no picture": (inserting("![It is now](3 times faster)."), "3"),
    "a link in code": (inserting("It is `[faster](by/3x)` now."), "`[faster](by/3x)`"),
    "a third": (inserting("It takes a third of the time."), "third"),
    "link reference": (inserting('[shop]: https://example.org "3 times faster"'), "3"),
    "line that other programs see": (inserting("It was slow.\u2028[^1]: It is now 3 times faster."), "3"),
    "a second line for programs": (inserting('<!-- perfkit report {"said": "--> It is 3 times faster"} -->'), "3"),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_that_nobody_computed_is_named(written: Written, name: str) -> None:
    edit, number = NUMBERS[name]
    assert number in {item.text for item in edited(written, edit)}


CITED: dict[str, Edit] = {
    "another value": lambda text: re.sub(r"\b\d+ ms(?=\[\^1\])", "1 ms", text, count=1),
    "another unit": lambda text: re.sub(r" ms(?=\[\^1\])", " s", text, count=1),
    "unit behind the mark": lambda text: re.sub(r"(\d+)( ms)(\[\^1\])", r"\1\3\2", text, count=1),
    "per cent as a fraction": replacing("1.00 %[^", "0.01[^"),
    "fraction as per cent": replacing("2.50×[^", "250 %[^"),
    "Unicode digits": replacing("119 ms[^1]", "１１９ ms[^1]"),
    "digit before it": lambda text: re.sub(r"(\d+ ms\[\^1\])", r"1**\1**", text, count=1),
    "entity before it": lambda text: re.sub(r"(\d+ ms\[\^1\])", r"1&#48;\1", text, count=1),
    "magnitude behind it": replacing("[^3] endpoints", "[^3] thousand endpoints"),
    "per cent behind it": replacing("[^3] endpoints", "[^3] % of all endpoints"),
    "two numbers that change places": swapped,
    "numbers beside another name": of_another_row,
    "heads that change places": with_head,
    "words around it": replacing("gained most", "lost most"),
    "verdict beside it": replacing("] | slower |", "] | faster |"),
    "mark of another number": lambda text: re.sub(r"\[\^1\]", "[^2]", text, count=1),
    "mark that leads nowhere": lambda text: re.sub(r"\[\^1\]", "[^999]", text, count=1),
    "mark of huge digits": lambda text: re.sub(r"\[\^1\]", f"[^{'9' * 5000}]", text, count=1),
    "mark without its number": inserting("It is much faster.[^1]"),
    "subject in the footnote": lambda text: re.sub(r"(^\[\^1\]: .*`GET /)\w+", r"\1jam", text, count=1, flags=re.M),
    "samples in the footnote": lambda text: re.sub(r"(^\[\^1\]: .*n = )\d+", r"\g<1>9000", text, count=1, flags=re.M),
    "label in the footnote": lambda text: re.sub(r"(^\[\^1\]: .*· )baseline", r"\1nobody", text, count=1, flags=re.M),
    "figure in the footnote": lambda text: re.sub(r"^\[\^1\]: value", "[^1]: select 500", text, count=1, flags=re.M),
    "text behind the footnote": lambda text: re.sub(r"^(\[\^1\]: .*)$", r"\1\n    It is now fast.", text, count=1, flags=re.M),
    "footnote that nobody uses": lambda text: f"{text}[^998]: We are faster · by · `far` · now\n",
    "footnote that stands twice": lambda text: f"{text}[^1]: We are faster · by · `far` · now\n",
    "both the number and its footnote": lambda text: re.sub(r"\d+ ms\[\^1\]", lambda found: "223 ms[^2]", text),
}


@pytest.mark.parametrize("name", CITED)
def test_a_cited_number_that_is_changed_is_found(written: Written, name: str) -> None:
    assert edited(written, CITED[name])


STATED: dict[str, Edit] = {
    "a run is left out": lambda text: re.sub(r"^(\| baseline \| load \| `)\w+ ", r"\1", text, count=1, flags=re.M),
    "runs of the other label": lambda text: (
        text.replace("| baseline | load |", "| x | load |")
        .replace("| optimized | load |", "| baseline | load |")
        .replace("| x | load |", "| optimized | load |")
    ),
    "a number for a label": replacing(
        "| label | kind | runs |\n|---|---|---|\n", "| label | kind | runs |\n|---|---|---|\n| 3x faster | load | `` |\n"
    ),
    "base and candidate": replacing('"base": "baseline", "candidate": "optimized"', '"base": "optimized", "candidate": "baseline"'),
    "the pack": lambda text: re.sub(r'"pack": "\w+"', '"pack": "000000000000"', text),
    "the feature": replacing('"feature": "The 2nd', '"feature": "The 3rd'),
}


@pytest.mark.parametrize("name", STATED)
def test_what_a_report_says_of_itself_and_its_runs_cannot_be_changed(written: Written, name: str) -> None:
    assert edited(written, STATED[name])


def test_a_picture_with_other_numbers_is_found(written: Written) -> None:
    bench, report = written
    [picture] = report.parent.rglob("latency.svg")
    content = picture.read_bytes()
    try:
        picture.write_bytes(re.sub(rb">(\d+) ms<", b">1 ms<", content, count=1) + b"\n")
        assert [item.text for item in bench.verify(report) if not item.agrees] == ["shop/latency.svg"]
        picture.unlink()
        assert [item for item in bench.verify(report) if not item.agrees] == []
    finally:
        picture.write_bytes(content)
    assert [item.text for item in edited(written, replacing("shop/latency.svg", "https://example.org/latency.svg"))] == [
        "https://example.org/latency.svg"
    ]


ALLOWED: dict[str, Edit] = {
    "a sentence of one's own": inserting("It was slow because the cache was cold. We knew."),
    "a sentence beside one with numbers": replacing(
        "other one stayed the same or cannot be told apart.", "other one stayed the same or cannot be told apart. Fine!"
    ),
    "words without numbers": replacing("Nothing was diagnosed, so nothing is proposed.", "Nothing was diagnosed, so we go home."),
    "a part that is left out": lambda text: re.sub(ROW, "", text, count=1, flags=re.M),
    "emphasis": replacing("Are we ready for 500 users", "Are we *ready* for **500 users**"),
    "a link": inserting("Somebody [wrote about it](https://example.org/2026/17)."),
    "a claim without a number": inserting("Nothing became slower."),
    "Roman numerals": inserting("It is now III times faster."),
    "another language": inserting("Es ist jetzt dreimal so schnell."),
    "a row that moves": lambda text: re.sub(rf"{ROW}(\|.*\|\n)", r"\2\1\n", text, count=1, flags=re.M),
    "one": inserting("No one of us knew, and at first nobody asked."),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_words_of_ones_own_are_welcome_and_what_is_not_found_is_said_in_the_docs(written: Written, name: str) -> None:
    assert edited(written, ALLOWED[name]) == []


def test_a_report_of_another_one_of_the_same_store_is_none_of_its_own_words(written: Written, tmp_path: Path) -> None:
    """What was written of one question does not prove what is said of another one."""
    bench, report = written
    other = bench.report(ASKED.model_copy(update={"feature": "Another shop", "question": "Is it fit for 40 users?"}), tmp_path / "other.md")
    assert [item for item in bench.verify(other) if not item.agrees] == []
    taken = other.read_text(encoding="utf-8").replace("Is it fit for 40 users?", QUESTION)
    other.write_text(taken, encoding="utf-8")
    assert {item.text for item in bench.verify(other) if not item.agrees} >= {"500", "3", "250"}
    assert [item for item in bench.verify(report) if not item.agrees] == []


def test_a_report_within_the_marks_of_a_digest_is_no_digest(written: Written) -> None:
    """Else whatever stands around the marks would go unseen."""

    def hidden(text: str) -> str:
        title, _, rest = text.partition("\n")
        return f"{title}\n\nIt is now 3 times faster.\n\n<!-- perfkit begin a.b -->\n{rest.replace('[^', '[^a.b-')}\n<!-- perfkit end -->\n"

    assert "3" in {item.text for item in edited(written, hidden)}


@pytest.mark.parametrize("sign", ["“", "`", "**a", "9", "1,", "<!--", "[^", "![a"])
def test_a_report_of_one_sign_only_is_read_in_time(written: Written, sign: str) -> None:
    """Ten times as many: quadratic work would take a hundred times as long."""

    def cost(signs: int) -> float:
        began = time.process_time()
        edited(written, inserting("It was " + sign * signs))
        return time.process_time() - began

    assert cost(100_000) < 30 * cost(10_000)


def test_footnotes_are_no_queries(written: Written) -> None:
    """Whatever a footnote says is a name that is looked up."""
    outside = written[1].with_name("outside.csv")
    for said in (
        "select 500",
        f"copy (select 1) to '{outside}'",
        "value · select 500 · `x` · baseline",
        "value · latency.p95 · `'; select 500 --` · baseline",
    ):
        found = edited(written, lambda text, said=said: re.sub(r"^\[\^1\]: .*$", lambda _: f"[^1]: {said}", text, flags=re.M))  # type: ignore[misc]
        assert found
    assert not outside.exists()


def test_runs_that_do_not_exist_are_named(written: Written) -> None:
    with pytest.raises(DocumentError, match="not in this store, such as 000000000000"):
        edited(written, lambda text: re.sub(r"(\| baseline \| load \| `)\w{12}", r"\g<1>000000000000", text, count=1))
