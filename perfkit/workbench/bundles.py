"""Evidence between workspaces: what a report needs goes into a bundle, and what a bundle brings finds its place."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import astuple, fields
from pathlib import Path
from typing import TYPE_CHECKING

from perfkit import __version__
from perfkit.analyses.known_runs import Selection, known_runs, select_runs
from perfkit.analyses.written_reports import known_seals
from perfkit.bundle.contents import ALLOWED, ARTEFACTS, OWN, PACK, REPORT, Contents, Floor, StoredRun, Written, is_allowed
from perfkit.bundle.opening import Opened
from perfkit.bundle.writing import Given, write
from perfkit.errors import PerfkitError, UsageError
from perfkit.ingest import TRUNCATED
from perfkit.model.run import Run
from perfkit.store import Store
from perfkit.store.vault import Vault
from perfkit.workspace import Workspace

if TYPE_CHECKING:
    from perfkit.packs import Pack
    from perfkit.report.named import Named

NOT_IN_PATHS = re.compile(r"[^A-Za-z0-9._-]+")
LONGEST_NAME = 60
FLOORS = (
    "select fingerprint, metric, subject, spread, runs, measured_at from noise_floors where list_contains($fingerprints, fingerprint) order by all"
)
FACTS = "select stat, value, unit from profile_facts where run_id = $run_id order by all"
NAMES = "select sha256, name from artefacts"


def export_report(workspace: Workspace, report: Path, target: Path, investigation: Path | None = None) -> Contents:
    """All that the report needs to be verified, and to be written again, in another workspace."""
    from perfkit.packs import load_pack
    from perfkit.report.named import named_in, report_lines
    from perfkit.report.verify import reports_in

    store, vault = Store(workspace.database), Vault(workspace.vault)
    lines, parts = report_lines(report), reports_in(report)
    told = [named_in(report, part) for part in parts]
    system, runs = _one_system(report, told), _runs(store, report, told)
    names = dict(store.query(NAMES)[1])
    stored = [_stored(run, names[run.artefact_sha256], vault) for run in runs]
    with ExitStack() as closing:
        artefacts = [Given(item.artefact, closing.enter_context(vault.opened(run.artefact_sha256))) for item, run in zip(stored, runs, strict=True)]
        beside = [*_report_files(report, lines), *_pack_files(load_pack(system, workspace)), *_own_files(workspace, investigation)]
        place = f"{REPORT}/{_path_part(report.name)}"
        contents = Contents(__version__, workspace.name, system, place, (), tuple(stored), _floors(store, runs), _written(store, report, told, parts))
        return write(contents, [*artefacts, *beside], target)


def export_rows(workspace: Workspace, names: Sequence[str], target: Path) -> dict[str, int]:
    """The rows of runs, by name or label, as Parquet."""
    from perfkit.store.parquet import write_parquet

    store = Store(workspace.database)
    with store.sitting():
        return write_parquet(store, [run.run_id for run in _runs_or_labels(known_runs(store), names)], target)


def _runs_or_labels(runs: Sequence[Run], names: Sequence[str]) -> list[Run]:
    labels = {run.label for run in runs}
    chosen = [run for name in names if name in labels for run in select_runs(runs, Selection(label=name))]
    others = tuple(name for name in names if name not in labels)
    return list(dict.fromkeys([*chosen, *(select_runs(runs, Selection(run_ids=others)) if others else [])]))


def _one_system(report: Path, told: Sequence[Named]) -> str:
    """A document may keep several reports; a bundle has one pack."""
    systems = sorted({named.system for named in told})
    if len(systems) > 1:
        raise UsageError(f"{report} holds reports of {' and '.join(systems)}, and a bundle is of one system. Export their own files instead.")
    return systems[0]


def _runs(store: Store, report: Path, told: Sequence[Named]) -> list[Run]:
    by_id = {run.run_id: run for run in known_runs(store)}
    wanted = list(dict.fromkeys(run_id for named in told for run_id in named.all_run_ids))
    missing = [run_id for run_id in wanted if run_id not in by_id]
    if missing:
        elsewhere = next((named.workspace for named in told if named.workspace and missing[0] in named.all_run_ids), None)
        raise UsageError(
            f"{report} stands on {len(wanted)} runs, and {len(missing)} of them are not in this store, such as {missing[0]}. "
            f"Export it where it was written{f': in the workspace {elsewhere!r}' if elsewhere else ''}."
        )
    return [by_id[run_id] for run_id in wanted]


def _stored(run: Run, name: str, vault: Vault) -> StoredRun:
    manifest = run.manifest(vault.manifest(run.artefact_sha256).facts)
    place = f"{ARTEFACTS}/{run.run_id}-{_path_part(name)}"
    return StoredRun(place, name, run.format, TRUNCATED in (run.invalid_because or ""), manifest)


def _path_part(name: str) -> str:
    """A file's name as a bundle's paths may have it; the end says more than the beginning."""
    return NOT_IN_PATHS.sub("_", name)[-LONGEST_NAME:].strip(".-") or "file"


def _floors(store: Store, runs: Sequence[Run]) -> tuple[Floor, ...]:
    _, rows = store.query(FLOORS, {"fingerprints": sorted({run.fingerprint for run in runs})})
    return tuple(Floor(*row) for row in rows)


def _written(store: Store, report: Path, told: Sequence[Named], parts: Sequence[Sequence[str]]) -> tuple[Written, ...]:
    """Only what these documents need of all that is known of their reports."""
    from perfkit.report.as_written import seals

    needed: dict[str, set[str]] = defaultdict(set)
    for named, lines in zip(told, parts, strict=True):
        needed[named.report] |= known_seals(store, named.report) & seals(report, lines, named)
    return tuple(Written(report, " ".join(sorted(seals))) for report, seals in sorted(needed.items()) if seals)


def _report_files(report: Path, lines: Sequence[str]) -> list[Given]:
    """The report, and its figures where its links look for them."""
    from perfkit.report.linked import pictures_in, place_beside

    places = dict.fromkeys(place for link in pictures_in(lines) if (place := place_beside(report, link)))
    return [Given(f"{REPORT}/{_path_part(report.name)}", report), *(Given(f"{REPORT}/{place}", report.parent / place) for place in places)]


def _pack_files(pack: Pack) -> list[Given]:
    files = {file: f"{PACK}/{file.relative_to(pack.folder).as_posix()}" for file in sorted(pack.folder.rglob("*")) if file.is_file()}
    return [Given(path, file) for file, path in files.items() if is_allowed(path)]


def _own_files(workspace: Workspace, investigation: Path | None) -> list[Given]:
    """What lies in the root of the workspace."""
    if investigation is not None and not investigation.is_file():
        raise UsageError(f"There is no investigation file {investigation}.")
    if investigation is not None and not investigation.name.endswith(ALLOWED[OWN]):
        raise UsageError(f"{investigation} is no investigation: name a file that ends with {' or '.join(ALLOWED[OWN])}.")
    files = [workspace.accepted, *([investigation] if investigation else [])]
    return [Given(f"{OWN}/{file.name}", file) for file in files if file.is_file()]


def settle_in(bundle: Opened, workspace: Workspace) -> Iterator[str]:
    """Puts what came beside the runs of a bundle, when these are stored, where it belongs, unless something is there; says what was done."""
    from perfkit.packs import folders

    store, ours = Store(workspace.database), folders(workspace).get(bundle.contents.system)
    yield from _other_runs(bundle, store)
    yield from _remember_floors(bundle, store)
    yield from _remember_written(bundle, store)
    yield from _place(bundle, workspace, with_pack=ours is None)
    yield from _of_packs(bundle, ours)
    report = workspace.reports / bundle.contents.report.removeprefix(f"{REPORT}/")
    yield f"`perfkit verify {_shown(report, workspace)}` computes its numbers again from {_count(bundle.contents.runs, 'run')}."


def _place(bundle: Opened, workspace: Workspace, *, with_pack: bool) -> Iterator[str]:
    """All files or none: a pack that is there in part would be somebody's own the next time."""
    from perfkit.report.changes import apply, change_of
    from perfkit.report.texts import contents

    folders = {OWN: workspace.root, REPORT: workspace.reports} | ({PACK: workspace.packs / bundle.contents.system} if with_pack else {})
    files = [(folder / path, bundle.folder / top / path) for top, folder in folders.items() for path in _below(bundle, top)]
    changes = [change_of(target, contents(source)) for target, source in files]
    apply([change for change in changes if change.before is None])
    for change in changes:
        if change.before is None:
            yield f"Wrote {_shown(change.path, workspace)}."
        elif not change.is_none:
            yield f"{_shown(change.path, workspace)} is there already and stays as it is; the bundle's differs."


def _of_packs(bundle: Opened, ours: Path | None) -> Iterator[str]:
    """Whether reports here are judged as they were where the bundle comes from."""
    from perfkit.packs import read_pack

    system = bundle.contents.system
    if ours is None:
        yield f"The pack {system} comes from the bundle: look at it before you write reports by its templates."
        return
    try:
        same = read_pack(bundle.folder / PACK).digest == read_pack(ours).digest
    except PerfkitError as error:
        yield f"The bundle's pack {system} is left out, for there is one here: {error}"
        return
    if not same:
        yield f"The pack {system} of this workspace judges otherwise than the bundle's, which is left out: numbers that follow from it will differ."


def _below(bundle: Opened, top: str) -> list[str]:
    return [member.path.removeprefix(f"{top}/") for member in bundle.contents.files if member.path.startswith(f"{top}/")]


def _remember_floors(bundle: Opened, store: Store) -> Iterator[str]:
    fingerprints = sorted({floor.fingerprint for floor in bundle.contents.floors})
    here = {row[:3]: row for row in store.query(FLOORS, {"fingerprints": fingerprints})[1]} if fingerprints else {}
    fresh = {astuple(floor)[:3]: astuple(floor) for floor in bundle.contents.floors if astuple(floor)[:3] not in here}
    store.append("noise_floors", list(fresh.values()), [item.name for item in fields(Floor)])
    differing = [floor for floor in bundle.contents.floors if here.get(astuple(floor)[:3], astuple(floor)) != astuple(floor)]
    if differing:
        yield f"{_count(differing, 'noise floor')} differ from those of the bundle and stay: comparisons may be judged otherwise."


def _remember_written(bundle: Opened, store: Store) -> Iterator[str]:
    """What is known here of a report is not added to by somebody else."""
    here = {item.report: known_seals(store, item.report) for item in bundle.contents.written}
    store.append("written_reports", [astuple(item) for item in bundle.contents.written if not here[item.report]])
    if any(known and not known.issuperset(item.sentences.split()) for item in bundle.contents.written for known in (here[item.report],)):
        yield "The report is known here in other words than those of the bundle, and stays so: `perfkit verify` names what differs."


def _other_runs(bundle: Opened, store: Store) -> Iterator[str]:
    """A run that was stored here under other words is not changed."""
    here = {run.run_id: run for run in known_runs(store)}
    for run_id, run in zip(bundle.contents.run_ids(), bundle.contents.runs, strict=True):
        known = here[run_id].manifest(run.manifest.facts)
        differing = [item.name for item in fields(known) if getattr(known, item.name) != getattr(run.manifest, item.name)]
        if differing:
            yield f"The run {run_id} is in this store with another {', '.join(differing)} than in the bundle, and stays so."


def _shown(path: Path, workspace: Workspace) -> str:
    return str(path.relative_to(workspace.root))


def _count(items: Sequence[object], name: str) -> str:
    return f"{len(items)} {name}{'' if len(items) == 1 else 's'}"
