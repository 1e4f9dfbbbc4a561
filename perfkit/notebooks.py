"""List, inspect and run notebooks. Parameters are checked before a kernel starts; success is what happened, not what papermill noted."""

from __future__ import annotations

import ast
import io
import json
import logging
import math
import os
import signal
import sys
import time
import tokenize
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from threading import Event, Thread
from typing import IO, Any, cast

from perfkit.errors import MissingTool, NotebookFailed, UsageError, unknown

Progress = Callable[[str, float], None]
"""Called with what goes on in words, and with how much of the work is done, 0 to 1."""

PARAMETERS_TAG = "parameters"
TYPES = ("str", "int", "float", "bool", "list[str]")
LINE = f"`name: type = default  # help`, type one of {', '.join(TYPES)}"
TRUE, FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
TICK_S = 0.25
QUIET_S = 60
"""How long a kernel may be silent about output that it has announced."""
OUT_STREAM = "__import__('ipykernel.iostream', fromlist=['OutStream']).OutStream"
EXIT_AT_ONCE = f"__import__('atexit').register(setattr, {OUT_STREAM}, 'flush_timeout', 0.1)"
"""At exit, 1 kernel in 10 would wait 10 s to flush its output through a thread that has already ended."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A line of the cell tagged parameters."""

    name: str
    type: str
    default: Any
    help: str | None


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook and the question that it answers."""

    name: str
    path: Path
    title: str
    parameters: tuple[Parameter, ...]


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
    title = next((heading for cell in _cells(path) if (heading := _heading(cell))), path.stem)
    return Notebook(path.stem, path, title, tuple(parameters_of(path)))


def parameters_of(path: Path) -> list[Parameter]:
    """The parameters of a notebook; none when no cell is tagged."""
    tagged = [cell for cell in _cells(path) if PARAMETERS_TAG in cell.get("metadata", {}).get("tags", ())]
    if len(tagged) > 1:
        raise UsageError(f"{path}: {len(tagged)} cells are tagged {PARAMETERS_TAG}, at most one may be.")
    return _read_parameters(path, _source(tagged[0])) if tagged else []


def coerce(parameters: Sequence[Parameter], given: Mapping[str, object]) -> dict[str, Any]:
    """A value for every parameter: the one given, as its declared type, else the default."""
    known = {parameter.name: parameter for parameter in parameters}
    for name in given:
        if name not in known:
            raise unknown("parameter", name, known)
    chosen = {name: _checked(known[name], _from_text(known[name], value)) for name, value in given.items()}
    return {name: parameter.default for name, parameter in known.items()} | chosen


def run(
    path: Path,
    given: Mapping[str, object],
    *,
    output_folder: Path,
    workspace_root: Path,
    timeout_s: float = 3600.0,
    cell_timeout_s: float = 1800.0,
    progress: Progress | None = None,
) -> Executed:
    """Runs a notebook in a kernel of this interpreter and keeps the executed copy; raises NotebookFailed when it has no answer."""
    started = time.monotonic()
    values = coerce(parameters_of(path), given)
    _refuse_invalid(path)
    output = output_folder.resolve() / f"{path.stem}-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.ipynb"
    output.parent.mkdir(parents=True, exist_ok=True)
    job = Job(path.resolve(), output, values, workspace_root.resolve(), timeout_s, cell_timeout_s)
    watch = Watch(_headings(_cells(path), injected=bool(values)), path.stem, progress)
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
    root: Path
    limit_s: float
    cell_limit_s: float


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

    with TemporaryFile() as noise, watch.limited(job.limit_s):
        try:
            papermill.execute_notebook(
                _literally(job.notebook),
                _literally(job.output),
                dict(job.values),
                kernel_name="python3",
                language="python",
                progress_bar=False,
                kernel_manager_class=_kernel_class(job.root, watch, noise),
                resources={"metadata": {"path": str(job.root)}},
                execution_timeout=math.ceil(job.cell_limit_s),
                iopub_timeout=QUIET_S,
                on_cell_start=watch.cell_starts,
            )
        except PapermillExecutionError as error:
            return f"the cell under “{watch.heading}” failed: {error.ename}: {error.evalue}."
        except CellTimeoutError as error:
            what = f"was silent about its output for {QUIET_S} s" if "IOPub" in str(error) else f"took longer than {job.cell_limit_s:g} s"
            return f"the cell under “{watch.heading}” {what}."
        except RuntimeError as error:
            if watch.out_of_time:
                return f"it took longer than {job.limit_s:g} s and was ended in the cell under “{watch.heading}”."
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


def _kernel_class(root: Path, watch: Watch, noise: IO[bytes]) -> type:
    """A kernel of this very interpreter, whatever kernels are installed; what it writes to its terminal goes to the noise."""
    from ipykernel.kernelspec import get_kernel_dict
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    environment = {"PERFKIT_BATCH": "1", "PERFKIT_WORKSPACE": str(root), "MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    spec = get_kernel_dict()
    argv = [sys.executable, *spec["argv"][1:], f"--IPKernelApp.exec_lines={EXIT_AT_ONCE}"]

    class OwnKernel(AsyncKernelManager):
        @property
        def kernel_spec(self) -> KernelSpec:
            return KernelSpec(**{**spec, "argv": argv})

        async def _async_launch_kernel(self, kernel_cmd: list[str], **launch: Any) -> None:
            launch["env"] = {**launch["env"], **environment}
            await super()._async_launch_kernel(kernel_cmd, **launch, stderr=noise)
            watch.kernel = getattr(self.provisioner, "pid", None)

    return OwnKernel


def _unanswered(output: Path) -> str | None:
    """Every notebook ends in a sentence: its last code cell leaves text behind."""
    code = [cell for cell in _cells(output) if cell["cell_type"] == "code" and _source(cell).strip()]
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


def _cells(path: Path) -> list[dict[str, Any]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"The notebook {path} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise UsageError(f"{path} is no notebook: {error}.") from error
    cells = content.get("cells") if isinstance(content, dict) else None
    if not isinstance(cells, list):
        raise UsageError(f"{path} is no notebook of version 4: it has no cells.")
    return cells


def _source(cell: Mapping[str, Any]) -> str:
    return "".join(cell.get("source", ""))


def _heading(cell: Mapping[str, Any]) -> str | None:
    """The last heading of a markdown cell."""
    if cell.get("cell_type") != "markdown":
        return None
    lines = [line.lstrip("#").strip() for line in _source(cell).splitlines() if line.startswith("#")]
    return lines[-1] if lines else None


def _headings(cells: Sequence[Mapping[str, Any]], *, injected: bool) -> list[str]:
    """For each cell of the executed notebook the heading that it stands under."""
    headings, current = [], ""
    for cell in cells:
        current = _heading(cell) or current
        headings.append(current)
        if injected and PARAMETERS_TAG in cell.get("metadata", {}).get("tags", ()):
            headings.append(current)
    return headings


def _read_parameters(path: Path, source: str) -> list[Parameter]:
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        raise UsageError(f"{path}: parameters cell, line {error.lineno}: {error.msg}. Expected {LINE}.") from error
    help_texts = _comments(source)
    return [_read_parameter(path, statement, help_texts.get(statement.end_lineno or 0)) for statement in body]


def _read_parameter(path: Path, statement: ast.stmt, help_text: str | None) -> Parameter:
    wrong = UsageError(f"{path}: parameters cell, line {statement.lineno}: `{ast.unparse(statement)}`. Expected {LINE}.")
    if not (isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value):
        raise wrong
    declared = Parameter(statement.target.id, ast.unparse(statement.annotation), None, help_text)
    try:
        default = _checked(declared, ast.literal_eval(statement.value))
    except (ValueError, UsageError) as error:
        raise wrong from error
    return Parameter(declared.name, declared.type, default, help_text)


def _comments(source: str) -> dict[int, str]:
    """The comment of each line that has one."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}


def _from_text(parameter: Parameter, text: object) -> object:
    """Text as the declared type where that is possible; anything else as it is."""
    if not isinstance(text, str):
        return text
    word = text.strip().lower()
    try:
        match parameter.type:
            case "int":
                return int(text)
            case "float":
                return float(text)
            case "bool" if word in TRUE + FALSE:
                return word in TRUE
            case "list[str]":
                return [item.strip() for item in text.split(",") if item.strip()]
    except ValueError:
        return text
    return text


def _checked(parameter: Parameter, value: object) -> Any:
    """The value, when it is of the declared type; a whole number is also a float, a truth value is no number."""
    match parameter.type, value:
        case ("bool", bool()) | ("str", str()):
            return value
        case "int", int() if not isinstance(value, bool):
            return value
        case "float", int() | float() if not isinstance(value, bool) and math.isfinite(value):
            return float(value)
        case "list[str]", list() | tuple() if all(isinstance(item, str) for item in value):
            return list(value)
    raise UsageError(f"The parameter {parameter.name} takes {parameter.type}, not {value!r}.")
