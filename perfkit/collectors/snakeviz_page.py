"""cProfile's statistics → snakeviz's page as one file: its script and style stand in it, and no server is asked for the rest."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from pstats import Stats
from typing import Any

from perfkit.errors import CollectionFailed
from perfkit.model.batch import Columns
from perfkit.printable import printable
from perfkit.readers import cprofile

MOST_FUNCTIONS = 2000
"""The table has no pages, and the browser builds the tree anew at each click."""
POLICY = (
    "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; script-src 'unsafe-eval' {hashes}; worker-src blob:; "
    "style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'\">"
)
"""The page's own scripts run, known by their hashes; nothing is loaded. Its templates of text are functions made of text."""
STYLE = re.compile(r"""<link href=["']/static/([\w./-]+)["'] rel="stylesheet">""")
SCRIPT = re.compile(r"""<script src=["']/static/([\w./-]+)["']></script>""")
RUN = re.compile(r"<script>(.*?)</script>", re.DOTALL)
PICTURE = re.compile(r"""url\(["']?\.\./([\w./-]+\.png)["']?\)""")
WORKER = '<script id="hierarchy-worker" type="javascript/worker">'
WORKERS_OWN = ("vendor/lodash.min.js", "vendor/immutable.min.js")
"""What the worker would load from the net, or from its server."""
AS_NUMBERS = {ord(character): f"\\u{ord(character):04x}" for character in "<>&"}

Place = tuple[str, int, str]
Times = tuple[int, int, float, float]
"""Primitive calls, calls, own and total seconds."""
Entry = tuple[int, int, float, float, dict[Place, Times]]


def snakeviz_page(artefact: Path, title: str) -> str:
    """The document; names in the profile are data there, in a script and in the table."""
    from snakeviz.stats import json_stats, table_rows
    from tornado.template import Template

    stats = Stats()
    stats.stats = heaviest(_entries(artefact))  # type: ignore[attr-defined]
    rows, callees = (json.dumps(part).translate(AS_NUMBERS) for part in (table_rows(stats), json_stats(stats)))
    page = Template(_snakeviz("templates/viz.html")).generate(profile_name=title, table_rows=rows, callees=callees).decode()
    for pattern, inline in ((STYLE, _style), (SCRIPT, _script)):
        page = pattern.sub(inline, page)
    if page.count(WORKER) != 1 or re.search(r"""(?:src|href)=["']/static""", page):
        raise CollectionFailed(
            f"The page of snakeviz {version('snakeviz')} is not the one that perfkit can make a file of. "
            "Install the known one: pip install 'snakeviz==2.2.2'. `perfkit figure flame` draws the same run."
        )
    page = page.replace(WORKER, "\n".join([WORKER, "self.importScripts = function () {};", *map(_static, WORKERS_OWN)]))
    hashes = " ".join(f"'sha256-{base64.b64encode(sha256(script.encode()).digest()).decode()}'" for script in RUN.findall(page))
    return page.replace("<head>", f"<head>{POLICY.format(hashes=hashes)}", 1)


def heaviest(entries: dict[Place, Entry]) -> dict[Place, Entry]:
    """The functions with most total time; all others are one, which calls and is called as they are."""
    if len(entries) <= MOST_FUNCTIONS:
        return entries
    by_weight = sorted(entries, key=lambda place: entries[place][3], reverse=True)
    kept, cut = set(by_weight[:MOST_FUNCTIONS]), by_weight[MOST_FUNCTIONS:]
    own = sum(entry[2] for entry in entries.values())
    share = sum(entries[place][2] for place in cut) / own if own else 0.0
    other = ("~", 0, f"other: {len(cut)} functions, {100 * share:.1f} % of the time")
    merged: dict[Place, Entry] = {place: (*entries[place][:4], {}) for place in by_weight[:MOST_FUNCTIONS]}
    merged[other] = (*_sum([entries[place][:4] for place in cut]), {})
    for place, entry in entries.items():
        callee = place if place in kept else other
        callers = merged[callee][-1]
        for caller, times in entry[-1].items():
            who = caller if caller in kept else other
            if who != other or callee != other:
                callers[who] = _sum([callers[who], times]) if who in callers else times
    # those among them that call each other count once: by what the kept ones spend in them
    primitive, calls, seconds, _, callers = merged[other]
    merged[other] = (primitive, calls, seconds, max(seconds, sum(times[3] for times in callers.values())), callers)
    return merged


def _entries(artefact: Path) -> dict[Place, Entry]:
    """The statistics as pstats holds them, out of what the reader made of the file."""
    places: dict[int, Place] = {}
    entries: dict[Place, Entry] = {}
    for batch in cprofile.read(artefact):
        if not isinstance(batch, Columns):
            continue
        rows = _rows(batch)
        if batch.table == "frames":
            places |= {row["frame_id"]: (printable(row["file"]), row["line"], printable(row["function"])) for row in rows}
        elif batch.table == "profile_functions":
            entries |= {places[row["frame_id"]]: (row["primitive_calls"], row["calls"], row["self"], row["total"], {}) for row in rows}
        else:
            for row in rows:
                caller = places[row["caller_id"]]
                entries.setdefault(caller, (0, 0, 0.0, row["total"], {}))
                entries[places[row["callee_id"]]][-1][caller] = (row["calls"], row["calls"], row["self"], row["total"])
    return entries


def _rows(batch: Columns) -> Iterator[dict[str, Any]]:
    """Python's own numbers, row by row."""
    columns = (getattr(column, "tolist", lambda column=column: list(column))() for column in batch.columns.values())
    return (dict(zip(batch.columns, values, strict=True)) for values in zip(*columns, strict=True))


def _sum(times: list[Times]) -> Times:
    primitive, calls, own, total = (sum(column) for column in zip(*times, strict=True))
    return int(primitive), int(calls), own, total


def _style(asked: re.Match[str]) -> str:
    """Pictures stand in it, too; those that snakeviz leaves out are none."""
    return f"<style>{PICTURE.sub(_picture, _static(asked[1]))}</style>"


def _picture(asked: re.Match[str]) -> str:
    try:
        content = files("snakeviz").joinpath("static", asked[1]).read_bytes()
    except FileNotFoundError:
        return "none"
    return f"url(data:image/png;base64,{base64.b64encode(content).decode()})"


def _script(asked: re.Match[str]) -> str:
    return f"<script>{_static(asked[1])}</script>"


def _static(name: str) -> str:
    """A file of snakeviz's that ends no element of the page."""
    return re.sub(r"</(?=script|style)", r"<\\/", _snakeviz(f"static/{name}"), flags=re.IGNORECASE)


def _snakeviz(name: str) -> str:
    return files("snakeviz").joinpath(*name.split("/")).read_text(encoding="utf-8")
