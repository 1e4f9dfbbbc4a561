"""A report in markdown → one HTML file that needs nothing else: style and figures inside, no script, nothing from the network."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from html import escape
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from perfkit.printable import printable
from perfkit.report.inlined import data_uri
from perfkit.report.lint import FENCE
from perfkit.report.texts import lines_of

COMMENT = re.compile(r"^<!--.*-->\s*$")
GOOD, BAD, OPEN, QUIET = "good", "bad", "open", "quiet"
VERDICTS = {
    **dict.fromkeys(("met", "faster"), GOOD),
    **dict.fromkeys(("missed", "slower", "P0"), BAD),
    **dict.fromkeys(("inconclusive", "P1"), OPEN),
    **dict.fromkeys(("not measured", "same", "P2"), QUIET),
}
"""What a cell of a table may say alone, and how it looks then."""
ALIGNED = re.compile(r"text-align:(right|center)")
TOGETHER = re.compile(r"(?<=\d) (?=(?:ms|µs|s|min|h|%|[KMGT]?B|tokens)\b|%)|(?<=[<>≤≥=]) (?=\d)")
"""Spaces at which a line must not end: a number and its unit."""
NO_BREAK = "\u00a0"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
"""Were there a way to smuggle something in, browsers would still load and run nothing."""

Env = MutableMapping[str, Any]
"""What goes with one page: the report's folder, and the footnotes' texts by number."""
Rule = Callable[[Token, Env], str]


def page(report: Path) -> str:
    """The page of a report that exists."""
    markdown = _markdown()
    env: Env = {"folder": report.parent}
    tokens = markdown.parse(_without_comments(lines_of(report)), env)
    headings = list(_headings(tokens))
    env["origins"] = dict(_origins(tokens))
    _mark_verdicts(tokens)
    body = markdown.renderer.render(tokens, markdown.options, env)
    return _document(headings[0][2] if headings else report.stem, _contents(headings), body, printable(report.name))


def _document(title: str, contents: str, body: str, name: str) -> str:
    style = files("perfkit.report").joinpath("page.css").read_text(encoding="utf-8")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{escape(title)}</title>
<style>
{style}</style>
</head>
<body>
<div class="sheet">
{contents}<main>
{body}<footer>Made from {escape(name)}. The numbers are computed again from that file: <code>perfkit verify {escape(name)}</code></footer>
</main>
</div>
</body>
</html>
"""


def _markdown() -> MarkdownIt:
    """Tables, footnotes, and no HTML of others: tags in a report are text."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table").use(footnote_plugin, inline=False)
    for name, rule in RULES.items():
        markdown.add_render_rule(name, _of_the_library(rule))
    return markdown


def _of_the_library(rule: Rule) -> Callable[..., str]:
    """A rule in the form that the renderer calls."""
    return lambda _renderer, tokens, place, _options, env: rule(tokens[place], env)


def _without_comments(lines: Sequence[str]) -> str:
    """Lines that are for programs; in code they stay."""
    kept, fenced = [], False
    for line in lines:
        fenced ^= bool(FENCE.match(line))
        if fenced or not COMMENT.match(line):
            kept.append(line)
    return "\n".join(kept)


def _headings(tokens: Sequence[Token]) -> Iterator[tuple[int, str, str]]:
    """Level, anchor and text of each; the anchors are put on the headings."""
    for number, (opening, inline) in enumerate(pairwise(tokens)):
        if opening.type == "heading_open":
            anchor = f"section-{number}"
            opening.attrSet("id", anchor)
            yield int(opening.tag[1]), anchor, _plain(inline)


def _plain(inline: Token) -> str:
    return "".join(child.content for child in inline.children or () if child.type in ("text", "code_inline"))


def _contents(headings: Sequence[tuple[int, str, str]]) -> str:
    """Two levels below the title; a page with few sections needs none."""
    top = min((level for level, _, _ in headings), default=1)
    listed = [(level, anchor, text) for level, anchor, text in headings[1:] if level <= top + 2]
    if len(listed) < 3:
        return ""
    least = min(level for level, _, _ in listed)
    entries = (f'<li{_below(level > least)}><a href="#{anchor}">{escape(text)}</a></li>' for level, anchor, text in listed)
    listing = "\n".join(entries)
    return f'<nav aria-label="Contents"><details open><summary>Contents</summary><ul>\n{listing}\n</ul></details></nav>\n'


def _below(deeper: bool) -> str:
    return ' class="below"' if deeper else ""


def _origins(tokens: Sequence[Token]) -> Iterator[tuple[int, str]]:
    """Footnote → its text, which also shows where its mark is pointed at."""
    current: int | None = None
    for token in tokens:
        if token.type == "footnote_open":
            current = token.meta["id"]
        elif token.type == "inline" and current is not None:
            yield current, _plain(token)
            current = None


def _mark_verdicts(tokens: Sequence[Token]) -> None:
    """Classes on cells; a verdict's end knows of it, too."""
    for cell, inline, end in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if cell.type in ("td_open", "th_open"):
            aligned = ALIGNED.search(str(cell.attrs.pop("style", "")))
            verdict = VERDICTS.get(_plain(inline).strip()) if cell.type == "td_open" else None
            looks = ([aligned[1]] if aligned else []) + (["verdict", verdict] if verdict else [])
            if looks:
                cell.attrSet("class", " ".join(looks))
            end.meta["verdict"] = cell.meta["verdict"] = verdict


def _cell_open(token: Token, _env: Env) -> str:
    looks = token.attrGet("class")
    named = f' class="{looks}"' if looks else ""
    return f"<td{named}>{'<span>' if token.meta['verdict'] else ''}"


def _cell_close(token: Token, _env: Env) -> str:
    return f"{'</span>' if token.meta['verdict'] else ''}</td>\n"


def _fence(token: Token, _env: Env) -> str:
    language = (token.info.split() or [""])[0]
    lines = token.content.splitlines()
    shown = "".join(map(_diff_line, lines)) if language == "diff" else "".join(f"{escape(line)}\n" for line in lines)
    named = f' data-language="{escape(language)}"' if language else ""
    return f'<div class="code"{named}><pre tabindex="0"><code>{shown}</code></pre></div>\n'


def _diff_line(line: str) -> str:
    kind = {"+": "added", "-": "removed"}.get(line[:1])
    return f'<span class="{kind}">{escape(line)}</span>' if kind else f"{escape(line)}\n"


def _link_open(token: Token, _env: Env) -> str:
    target = escape(str(token.attrGet("href") or ""))
    return f'<a href="{target}" rel="noopener noreferrer">'


def _image(token: Token, env: Env) -> str:
    source, about = str(token.attrGet("src") or ""), escape(token.content)
    embedded = data_uri(env["folder"], source)
    if embedded is None:
        return f'<span class="absent">Figure “{about}”: {escape(source)} is no picture in the report\'s folder.</span>'
    return f'<img src="{embedded}" alt="{about}">'


def _note_mark(token: Token, env: Env) -> str:
    meta = token.meta
    origin = escape(env["origins"].get(meta["id"], ""))
    label = escape(str(meta["label"]))
    return f'<sup class="note"><a href="#note-{meta["id"]}" id="{_mark_id(meta)}" title="{origin}">{label}</a></sup>'


def _mark_id(meta: Mapping[str, Any]) -> str:
    return f"mark-{meta['id']}-{meta['subId']}"


def _note_open(token: Token, _env: Env) -> str:
    meta = token.meta
    return f'<li id="note-{meta["id"]}"><span class="number">{escape(str(meta["label"]))}</span>'


def _note_back(token: Token, _env: Env) -> str:
    return f' <a class="back" href="#{_mark_id(token.meta)}" aria-label="back to the text">↩</a>'


def _text(token: Token, _env: Env) -> str:
    return escape(TOGETHER.sub(NO_BREAK, token.content))


def _always(text: str) -> Rule:
    return lambda _token, _env: text


RULES: Mapping[str, Rule] = {
    "text": _text,
    "table_open": _always('<div class="scroll" tabindex="0">\n<table>\n'),
    "table_close": _always("</table>\n</div>\n"),
    "td_open": _cell_open,
    "td_close": _cell_close,
    "fence": _fence,
    "code_block": _fence,
    "link_open": _link_open,
    "image": _image,
    "footnote_ref": _note_mark,
    "footnote_block_open": _always('<section class="notes" aria-label="Where the numbers come from">\n<ol>\n'),
    "footnote_block_close": _always("</ol>\n</section>\n"),
    "footnote_open": _note_open,
    "footnote_close": _always("</li>\n"),
    "footnote_anchor": _note_back,
}
