"""The files that set perfkit up agree with each other, and none of them names a host."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
CONDA_NAMES = {
    "python-duckdb": "duckdb",
    "line_profiler": "line-profiler",
    "matplotlib-base": "matplotlib",
    "memory_profiler": "memory-profiler",
    "redis-py": "redis",
}
REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9_.-]+)(?:\[[^\]]*\])?\s*(?P<bounds>[^;\s]*)")


def declared() -> dict[str, str]:
    """Package → bounds, over all extras of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = [*project["dependencies"], *(item for extra in project["optional-dependencies"].values() for item in extra)]
    matches = [REQUIREMENT.match(item) for item in listed]
    return {match["name"].lower(): match["bounds"] for match in matches if match and match["name"] != "perfkit"}


def test_conda_and_pip_ask_for_the_same_packages() -> None:
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    flat = [item for entry in listed for item in (entry["pip"] if isinstance(entry, dict) else [entry])]
    matches = [REQUIREMENT.match(item) for item in flat]
    named = {CONDA_NAMES.get(match["name"], match["name"]): match["bounds"] for match in matches if match}
    assert {name: bounds for name, bounds in named.items() if name not in ("python", "pip")} == declared()


def test_the_lock_pins_every_package_with_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    pins = re.findall(r"^([a-z0-9_.-]+)(?:\[[^\]]*\])?==\S+[^\n]*\\\n\s+--hash=sha256:", lock, re.MULTILINE | re.IGNORECASE)
    every_pin = re.findall(r"^([a-z0-9_.-]+)(?:\[[^\]]*\])?==", lock, re.MULTILINE | re.IGNORECASE)
    assert pins == every_pin
    assert declared().keys() <= {pin.lower() for pin in pins}


def test_no_set_up_file_names_an_index_or_a_host() -> None:
    for name in ("requirements.lock", "pyproject.toml", "environment.yml", "Makefile", ".ci/run"):
        assert not re.search(r"https?://|(?<!no-emit-)index-url|(?<!no-emit-)find-links|trusted-host", (ROOT / name).read_text()), name


def test_no_source_file_is_longer_than_400_lines() -> None:
    files = [*ROOT.glob("perfkit/**/*.py"), *ROOT.glob("tests/**/*.py"), *ROOT.glob("benchmarks/**/*.py")]
    assert [str(path) for path in files if len(path.read_text().splitlines()) > 400] == []
