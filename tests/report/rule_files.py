"""What Prometheus asks of a rule file, as far as it can be told without promtool."""

from __future__ import annotations

import re
from typing import Any

import yaml

DURATION = re.compile(r"\d+[smhd]")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SEVERITIES = ("warning", "critical")
STRING = re.compile(r'"(?:[^"\\\n]|\\["\\n])*"')
TEMPLATE = re.compile(r'\{\{ (\$labels\.[a-z_]+|\$value \| humanize(Duration|Percentage)?|"\{\{") \}\}')
COMPARED = re.compile(r" (<|<=|>|>=) -?\d+(\.\d+)?(e[+-]\d+)?$")
OPENED = {")": "(", "}": "{", "]": "["}


def complaints(text: str) -> list[str]:
    """Everything that is wrong."""
    document = yaml.safe_load(text)
    if not isinstance(document, dict) or set(document) != {"groups"}:
        return [f"the file holds {document!r}, not groups"]
    found = [item for group in document["groups"] for rule in group["rules"] for item in _of_rule(rule)]
    found += [f"a group has the keys {sorted(group)}" for group in document["groups"] if set(group) != {"name", "rules"}]
    known = [(rule["alert"], rule["labels"]["severity"]) for group in document["groups"] for rule in group["rules"]]
    return found + [f"{name} stands there twice" for name in sorted(set(known)) if known.count(name) > 1]


def _of_rule(rule: dict[str, Any]) -> list[str]:
    expected = {"alert", "expr", "for", "labels", "annotations"}
    if set(rule) != expected:
        return [f"a rule has the keys {sorted(rule)}"]
    texts = [*rule["labels"].values(), *rule["annotations"].values()]
    checks = {
        "name": NAME.fullmatch(rule["alert"]),
        "for": DURATION.fullmatch(rule["for"]),
        "severity": rule["labels"]["severity"] in SEVERITIES,
        "names": all(NAME.fullmatch(name) for name in (*rule["labels"], *rule["annotations"])),
        "texts": all(isinstance(text, str) and text for text in texts),
        "templates": all("{{" not in TEMPLATE.sub("", text) for text in texts),
        "comparison": COMPARED.search(rule["expr"]),
        "brackets": _balanced(STRING.sub("", rule["expr"])),
    }
    return [f"{rule['alert']}: {name}" for name, fits in checks.items() if not fits]


def _balanced(expression: str) -> bool:
    opened: list[str] = []
    for sign in expression:
        if sign in OPENED.values():
            opened.append(sign)
        elif sign in OPENED and (not opened or opened.pop() != OPENED[sign]):
            return False
    return not opened and '"' not in expression
