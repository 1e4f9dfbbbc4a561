"""How does a number with its footnote look in a text?"""

from __future__ import annotations

import re

from perfkit.report.table_rows import BOLD, CODE

ADVICE = r"“[^“”\n]+”"
QUANTITY = (
    r"(?<!\d)(?<!\d[.,])[-−+]?\d[\d\u202f\u00a0.,]*(?:e[+-]?\d+)?(?:[ \u202f\u00a0](?:ms|s|µs|us|min|h|%|B|KB|MB|GB|TB|tokens?))?(?:/s|×|x\b|%)?"
)
WORDS = r"not measured|unbounded|undecided"
NOTE = r"\[\^(?P<number>[0-9]{1,6})\]"
CITED = re.compile(rf"(?P<text>{ADVICE}|{CODE}|{BOLD}|{QUANTITY}|{WORDS}){NOTE}")
MARK = re.compile(NOTE)
