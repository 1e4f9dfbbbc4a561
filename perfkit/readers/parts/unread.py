"""What people have at hand and no reader takes, with the way to something that can be read."""

from __future__ import annotations

import re

ADVICE = (
    (
        re.compile(r'<explain\s+xmlns="http://www\.postgresql\.org/'),
        "a PostgreSQL plan as XML is not read. Run EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) instead, or set auto_explain.log_format = json.",
    ),
    (
        re.compile(r'^[^\w\n]*Plan: *\+?[^\w\n]*\n[^\w\n]*Node Type: *"', re.MULTILINE),
        "a PostgreSQL plan as YAML is not read. Run EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) instead, or set auto_explain.log_format = json.",
    ),
    (
        re.compile(r"│ +(?:Physical|Logical|Optimized Logical) Plan +│|│+ *Query Profiling Information *│"),
        "a DuckDB plan in boxes is not read. Run EXPLAIN (ANALYZE, FORMAT json) instead, or perfkit collect plans.",
    ),
    (
        re.compile(r"\|\s*select_type\s*\|\s*table\s*\||^-> .*\(cost=[\d.e+]+ rows=[\d.e+]+\)", re.MULTILINE),
        "plans of MySQL and MariaDB are not read; `perfkit formats` lists the databases that are.",
    ),
    (
        re.compile("\\A(?:\ufffd\ufffd|(?:[^\\x00]\\x00){4})"),
        "the text is UTF-16, as PowerShell's > writes it. Save it as UTF-8, there with | Out-File -Encoding utf8.",
    ),
)
"""Marks of the content, and the sentence for it."""


def advice_for(text: str) -> str | None:
    """What to do with a file that begins so; None where nothing is known of it."""
    return next((sentence for mark, sentence in ADVICE if mark.search(text)), None)
