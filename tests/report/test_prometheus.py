"""Rule files say what the targets say: their limits, their words, and why a target has no rule."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from perfkit.cli import program
from perfkit.model.verdict import Verdict
from perfkit.packs import Pack, Target, load_pack
from perfkit.report.prometheus import rules_for
from tests.report.rule_files import complaints

PROMTOOL = shutil.which("promtool")
PACKS = ("sight", "synapse", "loki", "meeting_minutes", "demo")
needs_promtool = pytest.mark.skipif(
    PROMTOOL is None, reason="promtool is not installed: it is in the Debian package prometheus, as .ci/run unpacks it"
)
VERDICT = Verdict("shop", "now", "", "", None, 1.0, None, None, "ms", 9, "met", "<", 2.0, (), None)


def shop(*targets: Target) -> Pack:
    return Pack(name="shop", title="A shop", targets=targets)


def target(metric: str, subject: str, limit: str, must_be: str = "<", label: str = "Limit", reject: str | None = None) -> Target:
    return Target.model_validate({"label": label, "metric": metric, "subject": subject, "must_be": must_be, "limit": limit, "reject": reject})


def expressions(pack: Pack) -> list[str]:
    return [rule["expr"] for group in yaml.safe_load(rules_for(pack))["groups"] for rule in group["rules"]]


def promtool(*arguments: str) -> None:
    done = subprocess.run([PROMTOOL or "", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", PACKS)
def test_every_pack_gives_a_rule_file(name: str) -> None:
    assert complaints(rules_for(load_pack(name))) == []


@needs_promtool
@pytest.mark.parametrize("name", PACKS)
def test_promtool_accepts_the_rules_of_every_pack(tmp_path: Path, name: str) -> None:
    file = tmp_path / "rules.yml"
    file.write_text(rules_for(load_pack(name)))
    promtool("check", "rules", "--lint-fatal", str(file))


@pytest.mark.parametrize("name", PACKS)
def test_every_target_has_a_rule_or_a_reason(name: str) -> None:
    pack, text = load_pack(name), rules_for(load_pack(name))
    rules = yaml.safe_load(text)["groups"][0]["rules"]
    said = " ".join(line.lstrip("# ") for line in text.splitlines() if line.startswith("#"))
    warned = sum(rule["labels"]["severity"] == "warning" for rule in rules)
    assert warned + sum(item.name in said for item in pack.targets) == len(pack.targets)


def test_a_limit_warns_and_the_harder_limit_is_critical() -> None:
    rules = yaml.safe_load(rules_for(shop(target("latency.p95", "GET /items", "500 ms", reject="1 s"))))["groups"][0]["rules"]
    assert [(rule["labels"]["severity"], rule["expr"].split("))) ")[1]) for rule in rules] == [("warning", ">= 0.5"), ("critical", "> 1")]


def test_an_endpoint_becomes_a_selector() -> None:
    (expression,) = expressions(shop(target("latency.p99", "GET /projects/{id}/items", "1 s")))
    assert '{http_request_method="GET", http_route="/projects/{id}/items"}' in expression


def test_a_glob_becomes_an_expression_of_re2() -> None:
    (expression,) = expressions(shop(target("latency.p50", "GET /a.b/*", "1 s")))
    assert 'http_route=~"/a\\\\.b/.*"' in expression


def test_what_is_too_low_alerts_from_below() -> None:
    (expression,) = expressions(shop(target("cache.hit_ratio", "all requests", "80 %", ">")))
    assert expression.endswith("<= 0.8")


def test_all_requests_together_are_one_series() -> None:
    (expression,) = expressions(shop(target("error.rate", "all requests", "1 %")))
    assert " by " not in expression


def test_what_was_not_measured_has_no_rule_and_says_so() -> None:
    seen, unseen = (target("latency.p95", f"GET /{name}", "1 s", label=name) for name in ("seen", "unseen"))
    verdicts = [replace(VERDICT, target="seen"), replace(VERDICT, target="unseen", verdict="no_data")]
    text = rules_for(shop(seen, unseen), verdicts)
    assert "# Not measured, so without a rule: unseen." in text.splitlines()
    assert [rule["annotations"]["summary"] for rule in yaml.safe_load(text)["groups"][0]["rules"]] == ["seen"]


def test_a_report_without_room_for_all_shows_the_missed_ones_and_names_the_rest() -> None:
    targets = [target("latency.p95", f"GET /{name}", "1 s", label=name) for name in ("met", "missed", "open")]
    verdicts = [replace(VERDICT, target=name, verdict=verdict) for name, verdict in (("met", "met"), ("missed", "missed"), ("open", "inconclusive"))]
    text = rules_for(shop(*targets), verdicts, most=2)
    assert [rule["annotations"]["summary"] for rule in yaml.safe_load(text)["groups"][0]["rules"]] == ["missed", "open"]
    assert "# Left out here, where `perfkit monitor` has a rule for each: met." in text.splitlines()


def test_words_of_others_are_neither_templates_nor_lines() -> None:
    wild = target("latency.p95", 'GET /"x"\\{{y}}', "1 s", label="{{ boom }}\n```\ngroups: []")
    text = rules_for(shop(wild, target("bundle.size", "raw", "1 MB", label="a\u2028b\nalert: x")))
    assert complaints(text) == []
    assert not [line for line in text.splitlines() if line.startswith("```")]


def test_sentences_with_the_same_words_get_names_of_their_own() -> None:
    text = rules_for(shop(*(target("latency.p95", f"GET /{name}", "1 s", label=f"Fast! < {number} s") for number, name in enumerate("ab"))))
    assert [rule["alert"] for rule in yaml.safe_load(text)["groups"][0]["rules"]] == ["ShopFast", "ShopFast2"]


def test_a_pack_that_nothing_can_watch_gives_no_group() -> None:
    text = rules_for(shop(target("bundle.size", "raw", "1 MB")))
    assert yaml.safe_load(text) == {"groups": []}


@needs_promtool
def test_a_rule_fires_when_the_limit_is_passed_and_not_before(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(rules_for(shop(target("latency.p95", "GET /items", "500 ms"))))
    # of ten requests a minute nine take up to 0.25 s; the tenth takes up to 1 s, from the half hour on
    counts = {"0.25": "0+9x60", "0.5": "0+10x29 290+9x30", "1": "0+10x60", "+Inf": "0+10x60"}
    series = 'http_server_request_duration_seconds_bucket{{http_request_method="GET", http_route="/items", le="{le}"}}'
    test = {
        "rule_files": ["rules.yml"],
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": series.format(le=le), "values": values} for le, values in counts.items()],
                "promql_expr_test": [
                    {"expr": 'count(ALERTS{alertname="ShopLimit", alertstate="firing"})', "eval_time": at, "exp_samples": firing}
                    for at, firing in (("29m", []), ("59m", [{"labels": "{}", "value": 1}]))
                ],
            }
        ],
    }
    (tmp_path / "test.yml").write_text(yaml.safe_dump(test))
    promtool("test", "rules", str(tmp_path / "test.yml"))


def test_monitor_prints_the_rules_alone() -> None:
    done = CliRunner().invoke(program, ["monitor", "--system", "loki"])
    assert complaints(done.stdout) == []
    assert "targets have a rule" in done.stderr
