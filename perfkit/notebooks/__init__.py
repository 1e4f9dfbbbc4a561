"""List, inspect and run notebooks. Parameters are checked before a kernel starts; success is what happened, not what papermill noted."""

from __future__ import annotations

import json
import logging
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from threading import Event, Thread
from typing import IO, Any, cast

from perfkit.errors import MissingTool, NotebookFailed, UsageError, unknown
from perfkit.notebooks.cells import cells_of, heading_of, source_of, sources_of
from perfkit.notebooks.parameters import TAG, Parameter, coerce, parameters_of

__all__ = ["Executed", "Notebook", "Parameter", "Settings", "coerce", "find", "inspect", "notebooks", "parameters_of", "run", "sources_of"]

Progress = Callable[[str, float], None]
"""Called with what goes on in words, and with how much of the work is done, 0 to 1."""

TICK_S = 0.25
QUIET_S = 60
"""How long a kernel may be silent about output that it has announced."""
OUT_STREAM = "__import__('ipykernel.iostream', fromlist=['OutStream']).OutStream"
EXIT_AT_ONCE = f"__import__('atexit').register(setattr, {OUT_STREAM}, 'flush_timeout', 0.1)"
"""At exit, 1 kernel in 10 would wait 10 s to flush its output through a thread that has already ended."""


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook and the question that it answers."""

    name: str
    path: Path
    title: str
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """How a notebook is run, and where its copy stays."""

    output_folder: Path
    workspace_root: Path
    timeout_s: float = 3600.0
    cell_timeout_s: float = 1800.0
    kept_as: str | None = None
    """What the copy's name begins with; None is the notebook's own."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Of the kernel, beside ours."""


@dataclass(frozen=True, slots=True)
class Executed:
    """A notebook that ran to its end and stated its answer."""

    notebook: str
    output: Path
    seconds: float
    parameters: Mapping[str, Any]


def notebooks(folder: Path) -> list[Notebook]:
    """The notebooks of a folder, by name."""
    return [inspect(path) for path in sorted(folder.glob("*.ipynb"))]


def find(folder: Path, name: str) -> Path:
    """The notebook that a name in the folder, or a path, stands for."""
    path = Path(name)
    if path.suffix == ".ipynb" and path.is_file():
        return path
    known = {found.stem: found for found in folder.glob("*.ipynb")}
    if path.stem not in known or path.name != name:
        raise unknown("notebook", name, known)
    return known[path.stem]


def inspect(path: Path) -> Notebook:
    """Name, title and parameters of one notebook."""
    title = next((heading for cell in cells_of(path) if (heading := heading_of(cell))), path.stem)
    return Notebook(path.stem, path, title, tuple(parameters_of(path)))


def run(path: Path, given: Mapping[str, object], settings: Settings, progress: Progress | None = None) -> Executed:
    """Runs a notebook in a kernel of this interpreter and keeps the executed copy; raises NotebookFailed when it has no answer."""
    started = time.monotonic()
    values = coerce(parameters_of(path), given)
    _refuse_invalid(path)
    output = settings.output_folder.resolve() / f"{settings.kept_as or path.stem}-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.ipynb"
    output.parent.mkdir(parents=True, exist_ok=True)
    job = Job(path.resolve(), output, values, settings)
    watch = Watch(_headings(cells_of(path), injected=bool(values)), path.stem, progress)
    error = _execute(job, watch) or _unanswered(output)
    _stamp(output, path, values, error)
    if error:
        raise NotebookFailed(f"{path.name}: {error} Executed notebook: {output}")
    return Executed(path.stem, output, time.monotonic() - started, values)


@dataclass(frozen=True, slots=True)
class Job:
    """One notebook to run; all paths are absolute."""

    notebook: Path
    output: Path
    values: Mapping[str, Any]
    settings: Settings

    @property
    def root(self) -> Path:
        """Where the kernel works."""
        return self.settings.workspace_root.resolve()


class Watch:
    """Knows which cell runs, and which process is its kernel."""

    def __init__(self, headings: Sequence[str], name: str, progress: Progress | None) -> None:
        self.kernel: int | None = None
        self.out_of_time = False
        self._headings = headings
        self._name = name
        self._progress = progress
        self._cell = 0

    @property
    def heading(self) -> str:
        """What the running cell stands under."""
        return self._headings[min(self._cell, len(self._headings) - 1)] if self._headings else ""

    def cell_starts(self, cell: Mapping[str, Any], cell_index: int) -> None:
        """Papermill's call before each cell."""
        self._cell = cell_index
        if self._progress and cell["cell_type"] == "code":
            self._progress(f"{self._name} · {self.heading}", cell_index / max(len(self._headings), 1))

    @contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """Kills the kernel, and what it started, when the block takes longer."""
        over = Event()
        guard = Thread(target=self._guard, args=(over, seconds), daemon=True)
        guard.start()
        try:
            yield
        finally:
            over.set()
            guard.join()

    def _guard(self, over: Event, seconds: float) -> None:
        if over.wait(seconds):
            return
        self.out_of_time = True
        while not over.wait(TICK_S):
            if self.kernel is not None:
                with suppress(ProcessLookupError):
                    os.killpg(self.kernel, signal.SIGKILL)


def _execute(job: Job, watch: Watch) -> str | None:
    """What went wrong, or None."""
    import papermill
    from nbclient.exceptions import CellTimeoutError
    from papermill.exceptions import PapermillExecutionError

    with TemporaryFile() as noise, watch.limited(job.settings.timeout_s):
        try:
            papermill.execute_notebook(
                _literally(job.notebook),
                _literally(job.output),
                dict(job.values),
                kernel_name="python3",
                language="python",
                progress_bar=False,
                kernel_manager_class=_kernel_class(job, watch, noise),
                resources={"metadata": {"path": str(job.root)}},
                execution_timeout=math.ceil(job.settings.cell_timeout_s),
                iopub_timeout=QUIET_S,
                on_cell_start=watch.cell_starts,
            )
        except PapermillExecutionError as error:
            return f"the cell under “{watch.heading}” failed: {error.ename}: {str(error.evalue).removesuffix('.')}."
        except CellTimeoutError as error:
            what = f"was silent about its output for {QUIET_S} s" if "IOPub" in str(error) else f"took longer than {job.settings.cell_timeout_s:g} s"
            return f"the cell under “{watch.heading}” {what}."
        except RuntimeError as error:
            if watch.out_of_time:
                return f"it took longer than {job.settings.timeout_s:g} s and was ended in the cell under “{watch.heading}”."
            return f"the kernel died in the cell under “{watch.heading}”: {error}.{_last_noise(noise)}"
    return None


def _literally(path: Path) -> str:
    """Papermill formats paths: braces in them are doubled."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _refuse_invalid(path: Path) -> None:
    """Imports Jupyter's tools without the grammar that jsonschema compiles for a format that no notebook uses: 1.4 s less."""
    cast(dict[str, object], sys.modules).setdefault("rfc3987_syntax", None)
    try:
        import nbformat
        import papermill  # noqa: F401
    except ImportError as error:
        raise MissingTool(f"Running notebooks needs {error.name}. Install it with: pip install 'perfkit[notebooks]'.") from error
    # What papermill logs about unknown parameters and dead kernels, we find out and raise.
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    try:
        nbformat.validate(json.loads(path.read_text(encoding="utf-8")))
    except nbformat.ValidationError as error:
        raise UsageError(f"{path} is no valid notebook: {error.message}.") from error


def _kernel_class(job: Job, watch: Watch, noise: IO[bytes]) -> type:
    """A kernel of this very interpreter, whatever kernels are installed; what it writes to its terminal goes to the noise."""
    from ipykernel.kernelspec import get_kernel_dict
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    environment = {"PERFKIT_BATCH": "1", "PERFKIT_WORKSPACE": str(job.root), "MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    spec = get_kernel_dict()
    argv = [sys.executable, *spec["argv"][1:], f"--IPKernelApp.exec_lines={EXIT_AT_ONCE}"]

    class OwnKernel(AsyncKernelManager):
        @property
        def kernel_spec(self) -> KernelSpec:
            return KernelSpec(**{**spec, "argv": argv})

        async def _async_launch_kernel(self, kernel_cmd: list[str], **launch: Any) -> None:
            launch["env"] = {**launch["env"], **environment, **job.settings.environment}
            await super()._async_launch_kernel(kernel_cmd, **launch, stderr=noise)
            watch.kernel = getattr(self.provisioner, "pid", None)

    return OwnKernel


def _unanswered(output: Path) -> str | None:
    """Every notebook ends in a sentence: its last code cell leaves text behind."""
    code = [cell for cell in cells_of(output) if cell["cell_type"] == "code" and source_of(cell).strip()]
    if code and any(_text_of(item) for item in code[-1]["outputs"]):
        return None
    return "it ended without an answer: its last cell printed no text."


def _text_of(output: Mapping[str, Any]) -> str:
    if output["output_type"] == "stream":
        return "".join(output["text"]).strip() if output["name"] == "stdout" else ""
    kinds = output.get("data", {})
    picture = any(kind.startswith("image/") for kind in kinds)
    return "" if picture else "".join(kinds.get("text/markdown") or kinds.get("text/plain") or "").strip()


def _stamp(output: Path, source: Path, values: Mapping[str, Any], error: str | None) -> None:
    """Writes into the executed notebook what became of it; papermill's own notes stay silent about killed kernels."""
    import nbformat

    notebook: Any = nbformat.read(output if output.exists() else source, as_version=4)  # type: ignore[no-untyped-call]
    notebook.metadata["perfkit"] = {"status": "failed" if error else "done", "error": error, "parameters": dict(values)}
    if error:
        banner = nbformat.v4.new_markdown_cell(f"**This run failed:** {error}", metadata={"tags": ["perfkit-failure"]})  # type: ignore[no-untyped-call]
        notebook.cells.insert(0, banner)
    part = output.with_suffix(".part")
    nbformat.write(notebook, part)  # type: ignore[no-untyped-call]
    part.replace(output)


def _last_noise(noise: IO[bytes]) -> str:
    noise.seek(0)
    lines = [line.decode("utf-8", errors="replace").strip() for line in noise]
    told = [line for line in lines if line and "TCP without encryption" not in line]
    return f" It said last: {told[-1]}" if told else ""


def _headings(cells: Sequence[Mapping[str, Any]], *, injected: bool) -> list[str]:
    """For each cell of the executed notebook the heading that it stands under."""
    headings, current = [], ""
    for cell in cells:
        current = heading_of(cell) or current
        headings.append(current)
        if injected and TAG in cell.get("metadata", {}).get("tags", ()):
            headings.append(current)
    return headings
