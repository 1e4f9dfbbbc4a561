"""A profile in its own tool's view: the artefact as the tool left it, and what opens it."""

from __future__ import annotations

import gzip
import html
import importlib.util
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfkit.errors import ArtefactError, CollectionFailed, MissingTool, UsageError

CHILDREN = Path(__file__).with_name("children")
TIMEOUT_S = 120.0
LOOK_ALIKES = str.maketrans({"<": "\u2039", '"': "\u201d", "'": "\u2019", "`": "\u02cb"})
NAMES_ALIKE = LOOK_ALIKES | {ord("&"): "\uff06"}
NO_WORD = re.compile(r"[^\w .:-]")
TEXTS = {
    *((name,) for name in ("args", "entrypoint_dir", "filename", "gpu_device", "program", "stacks")),
    *(("combined_stacks", name) for name in ("display_name", "filename_or_module", "kind")),
    *(("files", name) for name in ("line", "imports")),
}
"""Where scalene writes texts, by the first and the last name on the way to them. Elsewhere it expects numbers, and puts them into scripts."""
NOTHING_LEAVES = (
    "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:; form-action 'none'; base-uri 'none'\">"
)
"""The page would look for a language model on this machine, and its buttons send code to others."""


@dataclass(frozen=True, slots=True)
class OwnView:
    """Where the files are, and the command that opens them."""

    artefact: Path
    command: str
    about: str
    page: Path | None = None
    """A document that needs no server; None where the tool always brings its own."""

    def _repr_html_(self) -> str:
        page = f"<p>Open <code>{html.escape(str(self.page))}</code> in a browser.</p>" if self.page else ""
        return f"<p>{html.escape(self.about)}</p>{page}<pre>{html.escape(self.command)}</pre>"

    def __str__(self) -> str:
        return "\n".join(filter(None, [self.about, f"Open {self.page} in a browser." if self.page else "", self.command]))


@dataclass(frozen=True, slots=True)
class Viewer:
    """A tool that shows what it, or another one, recorded."""

    module: str
    suffix: str
    install: str
    command: Callable[[Path], tuple[str, ...]]
    """What a person types."""
    page: Callable[[Path], Path] | None
    about: str
    copy: Callable[[Path, Path], object] = shutil.copyfile
    """Leaves what the tool opens; makes it harmless where the tool does not."""


def own_view(artefact: Path, format_name: str, folder: Path, name: str) -> OwnView:
    """A copy that outlasts the vault's, and the page that the tool makes of it."""
    viewer = VIEWERS.get(format_name)
    if viewer is None:
        raise UsageError(f"{name} is a file of the format {format_name}, which no viewer here opens. Viewers open: {', '.join(VIEWERS)}.")
    if importlib.util.find_spec(viewer.module) is None:
        raise MissingTool(f"{viewer.module} is not installed, and it shows files of the format {format_name}. Install it: {viewer.install}")
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / f"{name}{viewer.suffix}"
    viewer.copy(artefact, copy)
    page = viewer.page(copy) if viewer.page else None
    return OwnView(copy, shlex.join(viewer.command(copy)), viewer.about, page)


def _harmless_stats(artefact: Path, copy: Path) -> None:
    """snakeviz writes names into its page as they are."""
    alike = json.dumps({chr(character): instead for character, instead in NAMES_ALIKE.items()})
    command = [sys.executable, "-I", str(CHILDREN / "harmless_stats.py"), str(artefact), str(copy), alike]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode:
        raise ArtefactError(
            f"{artefact} holds no statistics that snakeviz could show: {(done.stderr.strip().splitlines() or ['it ended Python'])[-1]}."
        )


def _scalene_page(profile: Path) -> Path:
    """scalene writes its page into the folder that it runs in, always under one name."""
    page = profile.with_suffix(".html")
    folder = profile.with_suffix(".scalene")
    folder.mkdir(exist_ok=True)
    try:
        harmless = folder / "profile.json"
        harmless.write_text(json.dumps(_harmless(json.loads(_plain(profile)))), encoding="utf-8")
        command = [sys.executable, "-m", "scalene", "view", "--standalone", str(harmless.resolve())]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        written = folder / "scalene-profile.html"
        if not written.is_file():
            said = (done.stderr or done.stdout).strip()[-300:]
            raise CollectionFailed(f"scalene view made no page of {profile}: {said}. `perfkit figure flame` draws the same run.")
        page.write_text(written.read_text(encoding="utf-8").replace("<head>", f"<head>{NOTHING_LEAVES}", 1), encoding="utf-8")
    except subprocess.TimeoutExpired as error:
        raise CollectionFailed(f"scalene view made no page of {profile} within {TIMEOUT_S:.0f} s. `perfkit figure flame` draws the run.") from error
    except (ValueError, RecursionError) as error:
        raise ArtefactError(f"{profile} is no JSON that scalene could show: {error}.") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return page


def _plain(artefact: Path) -> bytes:
    content = artefact.read_bytes()
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content


def _harmless(part: Any, way: tuple[str, ...] = ()) -> Any:
    """scalene writes names, source lines and numbers into its page as they are: here none can be markup or code."""
    if isinstance(part, dict):
        return {name.translate(NAMES_ALIKE): _harmless(value, (*way, name)) for name, value in part.items()}
    if isinstance(part, list):
        return [_harmless(value, way) for value in part]
    if not isinstance(part, str):
        return part
    return part.translate(LOOK_ALIKES) if (*way[:1], *way[1:][-1:]) in TEXTS else NO_WORD.sub("_", part)


def _beside(name: str) -> str:
    """A command of our environment, which need not be on the path of whoever types it."""
    ours = Path(sys.executable).with_name(name)
    return str(ours) if ours.exists() else name


VIEWERS = {
    "cprofile": Viewer(
        "snakeviz",
        ".prof",
        "pip install 'perfkit[notebooks]'",
        lambda path: (_beside("snakeviz"), str(path)),
        None,
        "snakeviz serves its view on a port of this machine for as long as it runs. It draws cProfile's call graph as a tree, which is a guess. "
        "Quotes and < in names are typographic ones there.",
        _harmless_stats,
    ),
    "scalene": Viewer(
        "scalene",
        ".json",
        "pip install 'perfkit[profile]'",
        lambda path: (_beside("scalene"), "view", "--cli", str(path)),
        _scalene_page,
        "scalene's page as one file that neither loads nor sends anything, so its proposals by a language model do not work. "
        "Quotes and < in source lines are typographic ones there.",
    ),
}
