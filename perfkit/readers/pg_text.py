"""PostgreSQL's EXPLAIN as text: one plan or several, as psql prints them, as pgAdmin copies them, as people paste them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch
from perfkit.readers.parts.parsing import refuse, text_of
from perfkit.readers.parts.pg_frames import undecorated
from perfkit.readers.parts.pg_lines import NotUnderstood, plans_of
from perfkit.readers.parts.pg_plan import batches
from perfkit.readers.parts.pg_words import ACTUAL, COST
from perfkit.readers.parts.unread import advice_for

NAME = "pg-explain-text"
KIND = "plans"
TOOL = "postgresql"
ABOUT = "PostgreSQL EXPLAIN as text, one plan or many, also in the frames of psql and pgAdmin"
BY_LINE = False

NODE = re.compile(rf"{COST}|{ACTUAL.replace('?P<', '?P<un_')}")
TITLED = re.compile(r"^[^\w\n]*QUERY PLAN[^\w\n]*\n(?:[^\w\n\[{]*\n)?[^\w\n\[{]*[A-Z][a-z]", re.MULTILINE)
"""psql's header above a plan that may be without numbers."""
LOGGED = re.compile(r"duration: [\d.]+ ms  plan:")


def sniff(head: Head) -> bool:
    """The line of a plan's first node comes early, and no server's log surrounds it."""
    text = head.text
    return LOGGED.search(text) is None and (NODE.search(text) is not None or (TITLED.search(text) is not None and advice_for(text) is None))


def read(path: Path) -> Iterator[Batch]:
    """Plans and their nodes."""
    try:
        plans = plans_of(undecorated(text_of(path, NAME), of_json=False))
    except NotUnderstood as error:
        raise refuse(path, NAME, error.reason, error.line) from error
    if not plans:
        raise refuse(path, NAME, "there is no plan in it.", 1)
    for plan in plans:
        if not plan.is_whole:
            reason = "the plan ends without its Execution Time, so it was cut off. Explain it again without SUMMARY OFF if it was not."
            raise refuse(path, NAME, reason, plan.last)
    yield from batches([(f"{path}, line {plan.line}: tried as {NAME}: plan {number}", plan.facts) for number, plan in enumerate(plans)])
