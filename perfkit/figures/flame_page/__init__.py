"""A flame graph as one HTML document that needs nothing: no server, no kernel, no net. It may load nothing and run only its own script."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from pathlib import Path
from typing import Any

from perfkit.printable import printable

FOLDER = Path(__file__).parent
IN_A_SCRIPT = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})
"""In JSON these stand only inside of texts, where an escape means the same and cannot end the script element or begin a comment."""


def flame_page(data: dict[str, Any]) -> str:
    """Names in the data are text to the page, whatever they look like."""
    style, graph, page = (FOLDER.joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "graph.js", "page.js"))
    script = f'"use strict";\n(() => {{\n{graph}{page}}})();\n'
    parts = {
        "style": style,
        "script": script,
        "style_hash": _hash(style),
        "script_hash": _hash(script),
        "title": html.escape(printable(data["title"])),
        "data": json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).translate(IN_A_SCRIPT),
    }
    document = FOLDER.joinpath("page.html").read_text(encoding="utf-8")
    # in one pass: what is filled in is not searched for more places
    return re.sub("@(" + "|".join(parts) + ")@", lambda place: parts[place[1]], document).encode(errors="replace").decode()


def _hash(text: str) -> str:
    """As a Content-Security-Policy names what may run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
