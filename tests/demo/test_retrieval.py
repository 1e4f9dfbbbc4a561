"""The stand-in for an orchestrator of models: its variants answer alike, and differ in when they load and what they keep."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from perfkit.demo.retrieval import models
from perfkit.demo.retrieval.__main__ import main
from perfkit.trace import record
from perfkit.workbench import Workbench


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Files that the stand-in keeps between runs."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


def said(*arguments: str) -> dict[str, object]:
    ended = CliRunner().invoke(main, arguments)
    assert ended.exit_code == 0, ended.output
    answer: dict[str, object] = json.loads(ended.stdout.splitlines()[-1])
    return answer


def test_both_variants_give_the_same_answers(cache: Path) -> None:
    assert said("check") == {"same": True, "differing": []}


def test_the_check_fails_when_one_model_is_another(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "load_by_mapping", lambda path: models.load_by_copy(path)[::-1])
    ended = CliRunner().invoke(main, ["check"])
    assert ended.exit_code == 1
    assert json.loads(ended.stdout.splitlines()[-1])["differing"] == ["first token"]


@pytest.mark.parametrize(("variant", "below"), [("baseline", "retrieve"), ("optimized", None)])
def test_the_index_is_loaded_by_the_first_question_or_before(cache: Path, bench: Workbench, tmp_path: Path, variant: str, below: str | None) -> None:
    with record(tmp_path / "trace.ndjson"):
        said("retrieve", "--variant", variant)
    bench.ingest([tmp_path / "trace.ndjson"])
    above = "select outer_.name from spans left join spans as outer_ on outer_.span_id = spans.parent_id where spans.name = 'load_index'"
    [found] = bench.sql(above)["name"]
    assert (found if isinstance(found, str) else None) == below


@pytest.mark.parametrize(
    ("switch", "processes", "embeddings"), [(models.switch_and_keep, 4, 4 * models.WARMED_UP), (models.switch_and_release, 1, models.EMBEDDINGS_KEPT)]
)
def test_a_switch_keeps_all_or_what_it_may(cache: Path, switch: models.Switch, processes: int, embeddings: int) -> None:
    held = models.Models(cache)
    for name in ("fast", "deep", "fast", "balanced"):
        switch(held, name)
    started = list(held.running)
    assert (len(started), len(held.embeddings)) == (processes, embeddings)
    models.end_all(held)
    assert all(process.poll() is not None for process in started)
