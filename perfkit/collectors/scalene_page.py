"""scalene's profile → scalene's page as one file, in which nothing of the profile is markup or code and from which nothing is sent."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from perfkit.errors import ArtefactError, CollectionFailed

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
FORGETS = (
    "<script>try { localStorage } catch { const kept = new Map(); Object.defineProperty(window, 'localStorage', { value: {"
    "getItem: name => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, String(value)), removeItem: name => kept.delete(name)"
    "} }) }</script>"
)
"""The page keeps its settings in the browser, which a notebook's frame may not."""


def scalene_page(artefact: Path, title: str) -> str:
    """The document; scalene writes it into the folder that it runs in, always under one name."""
    try:
        harmless = json.dumps(_harmless(json.loads(_plain(artefact))))
    except (ValueError, RecursionError) as error:
        raise ArtefactError(f"{title}: {artefact} is no JSON that scalene could show: {error}.") from error
    with TemporaryDirectory() as folder:
        profile, written = Path(folder, "profile.json"), Path(folder, "scalene-profile.html")
        profile.write_text(harmless, encoding="utf-8")
        command = [sys.executable, "-m", "scalene", "view", "--standalone", str(profile)]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired as error:
            raise CollectionFailed(
                f"scalene view made no page of {title} within {TIMEOUT_S:.0f} s. `perfkit figure flame` draws the same run."
            ) from error
        if not written.is_file():
            said = (done.stderr or done.stdout).strip()[-300:]
            raise CollectionFailed(f"scalene view made no page of {title}: {said}. `perfkit figure flame` draws the same run.")
        return written.read_text(encoding="utf-8").replace("<head>", f"<head>{NOTHING_LEAVES}{FORGETS}", 1)


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
