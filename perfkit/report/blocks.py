"""Which lines of somebody's document are ours? Marked blocks: put in once, replaced afterwards, taken out; every other byte stays."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from perfkit.errors import DocumentError
from perfkit.report.lint import LINE_LIMIT
from perfkit.report.outline import Section, ends_in_code, longest_sections, same_heading, sections, split_lines, text_lines

MARKER = re.compile(r"<!-- perfkit (?P<which>begin|end)\b.*")
BEGIN = re.compile(r"<!-- perfkit begin (?P<name>[\w.]+)(?: [^>]*)?-->")
END = "<!-- perfkit end -->"
NOTE = "written by `perfkit archive`, which replaces everything up to the end mark"
LINE_END = re.compile(r"\r\n|\n|\r")
TWO_LINE_ENDS = re.compile(r"(?:\r\n|\n|\r){0,2}\Z")
HIGHEST, LOWEST = 2, 6
"""Levels that a block's heading may have."""


@dataclass(frozen=True, slots=True)
class Block:
    """Begin and end mark; lines count from 0."""

    name: str
    begin: int
    end: int


def blocks(lines: Sequence[str], document: str) -> list[Block]:
    """Every block; marks that do not pair raise, for then nobody knows what is whose."""
    found: list[Block] = []
    opened: tuple[str, int] | None = None
    for number, which, name in _marks(lines, document):
        if which == "begin":
            if opened:
                raise _damaged(document, number, f"a block begins inside the block {opened[0]} of line {opened[1] + 1}")
            opened = (name, number)
        elif opened is None:
            raise _damaged(document, number, "a block ends that never began")
        else:
            found.append(Block(opened[0], opened[1], number))
            opened = None
    if opened:
        raise _damaged(document, opened[1], f"the block {opened[0]} begins and never ends")
    for name, times in Counter(block.name for block in found).items():
        if times > 1:
            raise _damaged(document, [block.begin for block in found if block.name == name][1], f"the block {name} stands here a second time")
    return found


def put(text: str, name: str, body: Sequence[str], section: str | None, document: str) -> str:
    """The document with the block: where it stands already, else at the end of the section that the heading names, or of the document."""
    lines = split_lines(text)
    standing = _standing(lines, name, document)
    newline = _line_end(text)
    block = newline.join([_begin(name), *body, END])
    if standing:
        kept = len(lines[standing.end]) - len(lines[standing.end].rstrip("\r\n"))
        end = lines[standing.end][-kept:] if kept else ""
        changed = "".join([*lines[: standing.begin], block, end, *lines[standing.end + 1 :]])
    else:
        place = _end_of_section(lines, section, document)
        changed = f"{text[:place]}{newline * 2}{block}{text[place:]}"
    _keep_short(text, changed, document)
    return changed


def take_out(text: str, name: str, document: str) -> str:
    """The document as it was before put; the same text where the block is not in it."""
    lines = split_lines(text)
    standing = _standing(lines, name, document)
    if standing is None:
        return text
    before, after = "".join(lines[: standing.begin]), "".join(lines[standing.end + 1 :])
    last = lines[standing.end]
    return TWO_LINE_ENDS.sub("", before) + last[len(last.rstrip("\r\n")) :] + after


def level_within(text: str, section: str | None, document: str) -> int:
    """Of the block's heading: one below that of the section."""
    level = _section(split_lines(text), section, document).heading.level + 1 if section else HIGHEST
    return min(level, LOWEST)


def body_of(text: str, name: str, document: str) -> list[str]:
    """What stands between the marks, line by line; nothing where the block is not in the document."""
    lines = split_lines(text)
    standing = _standing(lines, name, document)
    return [line.rstrip("\r\n") for line in lines[standing.begin + 1 : standing.end]] if standing else []


def footnote(name: str, number: int) -> str:
    """The mark of a block's footnote: no other block and nobody else's text has it."""
    return f"[^{name}-{number}]"


def alone(lines: Sequence[str], block: Block) -> list[str]:
    """The lines of one block in their places, begin mark and all, with footnotes numbered as in a report; all other lines are empty."""
    return [*[""] * block.begin, *as_report(lines[block.begin + 1 : block.end], block.name)]


def as_report(body: Sequence[str], name: str) -> list[str]:
    """The begin mark and the lines of a block, with footnotes numbered as in a report."""
    return [_begin(name), *(line.replace(f"[^{name}-", "[^") for line in body)]


def name_of_block(lines: Sequence[str]) -> str | None:
    """None in lines that are no block."""
    return next((mark["name"] for line in lines if (mark := BEGIN.fullmatch(line.strip()))), None)


def _begin(name: str) -> str:
    return f"<!-- perfkit begin {name} · {NOTE} -->"


def _standing(lines: Sequence[str], name: str, document: str) -> Block | None:
    return next((block for block in blocks(lines, document) if block.name == name), None)


def _marks(lines: Sequence[str], document: str) -> Iterator[tuple[int, str, str]]:
    for number, line in text_lines(lines):
        mark = MARKER.match(line.strip())
        if mark is None:
            continue
        begin = BEGIN.fullmatch(line.strip())
        if begin is None and line.strip() != END:
            raise _damaged(document, number, f"this mark cannot be read: {line.strip()[:80]}")
        yield number, mark["which"], begin["name"] if begin else ""


def _damaged(document: str, line: int, what: str) -> DocumentError:
    return DocumentError(
        f"{document}:{line + 1}: {what}. Nothing was written. Repair the marks, or delete the block together with them: a new one is made then."
    )


def _end_of_section(lines: Sequence[str], section: str | None, document: str) -> int:
    """Offset behind the last text of the section."""
    end = _section(lines, section, document).end if section else len(lines)
    while end and not lines[end - 1].strip(" \t\r\n"):
        end -= 1
    if ends_in_code(lines[:end]):
        raise DocumentError(f"{document}:{end}: a code block or a comment is not closed here, so nothing can be added. Nothing was written.")
    whole = "".join(lines[:end])
    return len(whole.rstrip("\r\n"))


def _section(lines: Sequence[str], section: str | None, document: str) -> Section:
    inside = [range(block.begin, block.end + 1) for block in blocks(lines, document)]
    known = [item for item in sections(lines) if not any(item.heading.line in block for block in inside)]
    fitting = [item for item in known if section is not None and same_heading(item.heading.text, section)]
    if len(fitting) > 1:
        places = " and ".join(str(item.heading.line + 1) for item in fitting)
        raise DocumentError(
            f"{document}: the heading {section!r} stands in lines {places}, and only one of them can be meant. Nothing was written. "
            "Rename one, or name another section in the pack's documents."
        )
    if not fitting:
        there = "; ".join(f"{item.heading.text!r} (line {item.heading.line + 1})" for item in known) or "none"
        raise DocumentError(
            f"{document}: there is no heading {section!r}. Headings there: {there}. Nothing was written. "
            "Add the heading, or name another one in the pack's documents."
        )
    return fitting[0]


def _line_end(text: str) -> str:
    """The one that most lines have."""
    counted = Counter(LINE_END.findall(text))
    return counted.most_common(1)[0][0] if counted else "\n"


def _keep_short(before: str, after: str, document: str) -> None:
    length = len(after.splitlines())
    if length <= LINE_LIMIT or length <= len(before.splitlines()):
        return
    longest = "; ".join(
        f"{item.heading.text!r} (lines {item.heading.line + 1} to {item.end}, {item.length} lines)" for item in longest_sections(split_lines(before))
    )
    raise DocumentError(
        f"{document}: it has {len(before.splitlines())} lines and would have {length}; {LINE_LIMIT} are allowed. Nothing was written. "
        f"Move a part into a document of its own. The longest: {longest or 'it has no headings'}."
    )
