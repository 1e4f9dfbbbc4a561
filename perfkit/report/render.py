"""Evidence → markdown by a pack's template, never longer than the limit: by selection, not by cutting."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import jinja2

from perfkit.errors import DocumentError
from perfkit.packs.investigation import Investigation
from perfkit.report import checklist, review
from perfkit.report import context as arranged
from perfkit.report.context import Context, Footnotes, Material
from perfkit.report.evidence import Evidence
from perfkit.report.lint import LINE_LIMIT
from perfkit.report.named import meta_line, origin
from perfkit.report.pictures import PICTURES
from perfkit.report.prometheus import rules_for
from perfkit.report.regression_tests import regression_test
from perfkit.report.table_rows import as_row
from perfkit.report.templates import rendered, template_named

MOST_OF_A_LIST = (None, 40, 20, 10, 5, 3)
MOST_ALERTS = 6
"""Targets whose rules a report shows; `perfkit monitor` prints them all."""
BLANK_LINES = re.compile(r"\n{3,}")
FENCED = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


def render(investigation: Investigation, evidence: Evidence, material: Material) -> str:
    """The whole document; shows as much of each list as the limit of lines allows, worst first."""
    template = template_named(evidence.pack, investigation.template)
    for most in MOST_OF_A_LIST:
        context = arranged.build(investigation, evidence, material, most)
        if _least_lines(context) > LINE_LIMIT:
            continue
        text = _render(template, context)
        if len(text.splitlines()) <= LINE_LIMIT:
            return text
    raise DocumentError(f"The report has more than {LINE_LIMIT} lines even with three findings. Shorten the investigation's prose and changes.")


def _least_lines(context: Context) -> int:
    """What the longest of its lists takes if each entry is one line with one footnote: longer documents are not even written."""
    return 2 * max(len(context.findings), len(context.endpoints), len(context.scorecard), len(context.breakdown))


def _render(template: jinja2.Template, context: Context) -> str:
    footnotes = Footnotes(context.evidence)
    names = {
        "report": context,
        "evidence": context.evidence,
        "investigation": context.investigation,
        "prose": context.investigation.prose,
        "cite": footnotes,
        "quoted": _quoted,
        "worst": partial(arranged.worst, context.evidence),
        "done": partial(checklist.done, context.evidence),
        "criteria": partial(checklist.criteria, context.evidence),
        "picture": partial(_picture, context),
        "tuned": partial(arranged.tuned, context.evidence),
        "alerts": partial(_alerts, context.evidence),
        "regression_test": partial(regression_test, context.evidence, context.investigation, context.written_on),
        "areas": partial(review.areas, context.evidence),
        "gates": partial(review.gates, context.evidence),
        "with_answer": partial(review.with_answer, context.evidence),
        "recommended": partial(review.recommended, context.evidence),
        "verdict_words": arranged.VERDICT_WORDS,
    }
    body = rendered(template, names)
    return _calm("\n".join([body.strip(), "", *_tail(context), "", *_definitions(footnotes), ""]))


def _calm(text: str) -> str:
    """One blank line where a template leaves several, and cells that end where they should; code stays as it is."""
    parts = FENCED.split(text)
    return "".join(part if number % 2 else _tidy(part) for number, part in enumerate(parts))


def _tidy(text: str) -> str:
    return "\n".join(map(as_row, BLANK_LINES.sub("\n\n", text).split("\n")))


def _quoted(text: str | None, what: str) -> str:
    """A person's words as a quotation, whose numbers are theirs; a missing part says so in one line."""
    if not text or not text.strip():
        return f"*Not stated: the investigation file has no `{what}`.*"
    return "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())


def _picture(context: Context, name: str) -> str:
    """Nothing where there is no evidence for it."""
    path = context.pictures.get(name)
    return f"![{PICTURES[name].about}]({path})" if path else ""


def _alerts(evidence: Evidence, most: int = MOST_ALERTS) -> str:
    """Rules for Prometheus, those of missed targets first."""
    return rules_for(evidence.pack, evidence.verdicts[evidence.judged], most)


def _tail(context: Context) -> list[str]:
    """The runs behind the numbers, for people and for verify."""
    evidence = context.evidence
    meta: dict[str, Any] = {
        "system": evidence.pack.name,
        "base": evidence.base,
        "candidate": evidence.candidate,
        "template": context.investigation.template,
    }
    place = context.investigation.archive
    meta["feature"] = (place.feature if place else None) or context.investigation.feature
    meta |= {"document": place.document} if place else {}
    meta |= origin(evidence.store, evidence.pack)
    tools = arranged.measured_with([run for runs in evidence.runs.values() for run in runs])
    return [
        "---",
        "",
        f"**Runs behind the numbers**, measured with {tools}. `perfkit verify` computes every number again from them.",
        "",
        "| label | kind | runs |",
        "|---|---|---|",
        *(f"| {label} | {kind} | `{ids}` |" for label, kind, ids in arranged.run_table(evidence)),
        "",
        meta_line(meta),
    ]


def _definitions(footnotes: Footnotes) -> list[str]:
    return [f"[^{number}]: {text}" for text, number in footnotes.numbers.items()]
