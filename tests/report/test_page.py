"""A page needs nothing but itself, and nothing that a report quotes can run in it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import DocumentError
from perfkit.report.page import page
from perfkit.report.verify import verify
from perfkit.store import Store
from tests.chromium import skipped_without_chromium

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
REPORT = """## Performance: `GET /items`

Of 6[^1] endpoints, 5[^2] became faster; 6[^1] in all.

### Targets

| target | value | verdict |
|---|---:|---|
| In time | 62.0 ms[^2] | **missed** |

<!-- perfkit report {"base": "a"} -->

[^1]: endpoints · latency.p95 · `measured` · both labels
[^2]: value · latency.p95 · `GET /items` · baseline
"""
WILD = """## <script>document.title = "run"</script>

**<script>document.title = "run"</script>**[^1] <img src=x onerror="document.title='run'">

<iframe srcdoc="<script>parent.document.title='run'</script>"></iframe>

[a](javascript:document.title='run') ![b](javascript:document.title='run') ![c](data:text/html,run)

| `"><script>document.title = "run"</script>` | <svg onload="document.title='run'"> |
|---|---|
| [x]("onmouseover="document.title='run') | </table><script>document.title = 'run'</script> |

```"><script>document.title="run"</script>
</code></pre><script>document.title = "run"</script>
```

```diff
+</span><script>document.title = "run"</script>
```

![" onerror="document.title='run'](x.png" onerror="document.title='run')

[^1]: title · `"><script>document.title = "run"</script>` · <b onclick="document.title='run'">
"""


class Tags(HTMLParser):
    """Every tag with its attributes, and every link to a place on the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def values(self, name: str) -> Iterator[str]:
        return (value for _, attributes in self.tags if (value := attributes.get(name)))


def made_of(folder: Path, text: str) -> str:
    report = folder / "report.md"
    report.write_text(text, encoding="utf-8")
    return page(report)


def test_footnotes_lead_to_their_text_and_back(tmp_path: Path) -> None:
    tags = Tags(made_of(tmp_path, REPORT))
    places = set(tags.values("id"))
    links = [link.removeprefix("#") for link in tags.values("href")]
    assert set(links) <= places
    assert sum(link.startswith("note-") for link in links) == sum(link.startswith("mark-") for link in links) == 4


def test_a_mark_shows_where_its_number_comes_from(tmp_path: Path) -> None:
    titles = Tags(made_of(tmp_path, REPORT)).values("title")
    assert "value · latency.p95 · GET /items · baseline" in titles


def test_tables_scroll_and_verdicts_stand_out(tmp_path: Path) -> None:
    text = made_of(tmp_path, REPORT)
    assert text.count('<div class="scroll"') == text.count("<table>") == 1
    assert '<td class="verdict bad"><span><strong>missed</strong></span></td>' in text
    assert '<td class="right">62.0\u00a0ms' in text


def test_lines_for_programs_are_left_out_and_code_is_not(tmp_path: Path) -> None:
    assert "perfkit report {" not in made_of(tmp_path, REPORT)
    assert "&lt;!-- kept --&gt;" in made_of(tmp_path, "# T\n\n```html\n<!-- kept -->\n```\n")


def test_words_of_others_become_no_tags(tmp_path: Path) -> None:
    text = made_of(tmp_path, WILD)
    tags = Tags(text)
    assert not {tag for tag, _ in tags.tags} & {"script", "iframe", "svg", "img", "object", "embed", "form", "base"}
    assert not [name for _, attributes in tags.tags for name in attributes if name.startswith("on")]
    assert not [link for link in tags.values("href") if link.lower().startswith(("javascript:", "data:", "vbscript:"))]


def test_a_page_asks_the_network_for_nothing(tmp_path: Path) -> None:
    text = made_of(tmp_path, REPORT + "\n![far](https://example.invalid/x.png) [link](https://example.invalid/)\n")
    tags = Tags(text)
    assert list(tags.values("src")) == []
    assert not re.search(r"url\(|@import", text)
    assert "default-src 'none'" in next(value for value in tags.values("content") if "src" in value)


def test_a_file_name_that_is_no_text_is_shown_as_far_as_it_is_one(tmp_path: Path) -> None:
    (report := tmp_path / os.fsdecode(b"b\xff.md")).write_text("# T\n")
    assert "Made from b\ufffd.md" in page(report)


def test_pictures_beside_the_report_are_inside_the_page(tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "a b.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (tmp_path / "b.png").write_bytes(PNG)
    sources = list(Tags(made_of(tmp_path, "# T\n\n![one](figures/a%20b.svg) ![two](b.png)\n")).values("src"))
    assert [source.split(";")[0] for source in sources] == ["data:image/svg+xml", "data:image/png"]


@pytest.mark.parametrize(
    "source", ["../secret.png", "secret.png/../../secret.png", "away.png", "no_picture.png", "text.txt", "none.png", "a%00b.png"]
)
def test_other_files_stay_where_they_are(tmp_path: Path, source: str) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    (tmp_path / "secret.png").write_bytes(PNG)
    (folder / "away.png").symlink_to(tmp_path / "secret.png")
    (folder / "no_picture.png").write_text("password")
    (folder / "text.txt").write_text("password")
    text = made_of(folder, f"# T\n\n![about]({source})\n")
    assert 'class="absent"' in text
    assert "data:image" not in text


def test_a_page_is_not_verified_but_its_report(tmp_path: Path, empty_store: Path) -> None:
    (tmp_path / "report.html").write_text("<p>6</p>")
    with pytest.raises(DocumentError, match="only the report can be verified"):
        verify(tmp_path / "report.html", Store(empty_store))


@pytest.mark.browser
@skipped_without_chromium
def test_nothing_runs_and_nothing_overflows_in_a_browser(browser: Any, tmp_path: Path) -> None:
    wide = "| " + " | ".join(f"column {number}" for number in range(40)) + " |\n|" + "---|" * 40 + "\n"
    (tmp_path / "page.html").write_text(made_of(tmp_path, f"{WILD}\n{wide}\n`{'x' * 300}`\n"), encoding="utf-8")
    shown = browser.new_page(viewport={"width": 400, "height": 800})
    asked: list[str] = []
    shown.on("request", lambda request: asked.append(request.url))
    shown.goto((tmp_path / "page.html").as_uri())
    title, width = shown.title(), shown.evaluate("document.documentElement.scrollWidth")
    assert title == '<script>document.title = "run"</script>'
    assert (width, asked) == (400, [(tmp_path / "page.html").as_uri()])
