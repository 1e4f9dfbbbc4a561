"""perfkit collect sweep: how a function, a command or a URL grows with size, and where it breaks its limit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfkit.cli.collect.bench import pair, value
from perfkit.cli.collect.common import collected, common, stated
from perfkit.cli.output import print_json, workbench
from perfkit.errors import UsageError

if TYPE_CHECKING:
    from perfkit.collectors.workloads import UrlTemplate
    from perfkit.packs import Pack
    from perfkit.workbench import Workbench

LATENCY = "latency."


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--sizes", required=True, help="Such as 1k,4k,16k,64k; k is 1000, Ki is 1024, 2^10 is a power.")
@click.option("--repeats", type=click.IntRange(min=1), default=5, show_default=True, help="Times each size is measured, sizes in turn.")
@click.option("--call", "target", help="A function: module:function. Without --arg it is called with the size.")
@click.option("--arg", "args", multiple=True, help="Its argument: JSON or text with {size}, {text:size} or {rows:size}; may be repeated.")
@click.option("--kwarg", "kwargs", multiple=True, metavar="NAME=VALUE", help="A named argument of it; may be repeated.")
@click.option("--url", help="A URL with {size} or {text:size} in it, in a header or in the body.")
@click.option("--method", help="Default: POST with a body, else GET.")
@click.option("--body", help='Such as {"text": "{text:size}"} or {"rows": {rows:size}}.')
@click.option("--header", "headers", multiple=True, metavar="NAME:VALUE", help="May be repeated.")
@click.option("--trace", type=click.Path(path_type=Path), help="The file that the server's perfkit.trace recorder writes.")
@click.option("--component", "components", multiple=True, help="Keep only parts whose name contains this glob; may be repeated.")
@click.option("--timeout", "timeout_s", type=float, default=30.0, show_default=True, help="Seconds for one execution.")
@click.option("--limit", help="Such as 500ms: predict the size that breaks it, then grow to it. Default: the target of --system, if any.")
@click.option("--max-size", help="Never grow beyond this size. Default: a hundred times the largest.")
@click.option("--max-time", "max_time_s", type=float, default=300.0, show_default=True, help="Seconds after which no execution begins any more.")
@click.option("--profile/--no-profile", default=True, show_default=True, help="Profile Python at the largest sizes to name the function.")
@click.option("--watch", help="A URL to ask ten times a second meanwhile, such as a health check.")
@click.option("--name", help="What the sweep is called. Default: the function, the command, or method and path.")
@click.option("--allow-remote", is_flag=True, help="Permit a URL that is not on this machine. Only with its owner's consent.")
@common
@click.argument("program", nargs=-1, type=click.UNPROCESSED)
def command(workspace: Path | None, sizes: str, program: tuple[str, ...], as_json: bool, **given: Any) -> None:
    """Measure growth: perfkit collect sweep --sizes 1k,4k,16k,64k --limit 500ms -- python load.py {size}."""
    from perfkit.collectors.caller import Function
    from perfkit.collectors.sizes import size_from, sizes_from
    from perfkit.collectors.sweep import SweepOptions

    bench = workbench(workspace)
    function = Function(given["target"], tuple(map(value, given["args"])), dict(map(pair, given["kwargs"]))) if given["target"] else None
    url = _url(given)
    options = SweepOptions(
        sizes=sizes_from(sizes),
        function=function,
        command=program,
        url=url,
        limit_ms=_limit(bench, given, url),
        max_size=size_from(given["max_size"]) if given["max_size"] else None,
        stated=stated(given),
        **{name: given[name] for name in ("name", "repeats", "timeout_s", "max_time_s", "components", "profile", "watch")},
    )
    _run(bench, options, as_json)


def _run(bench: Workbench, options: Any, as_json: bool) -> None:
    from perfkit.analyses.known_runs import Selection
    from perfkit.analyses.sweep_growth import sweep_growth
    from perfkit.cli.collect.sweep_text import print_sweep

    [stored] = collected(bench, [options])
    [sweep] = sweep_growth(bench.store, [stored.run_id])
    findings = bench.diagnose(Selection(run_ids=(stored.run_id,)))
    if as_json:
        print_json({"sweep": sweep, "findings": findings})
    else:
        print_sweep(sweep, findings)


def _url(given: dict[str, Any]) -> UrlTemplate | None:
    from perfkit.collectors.workloads import UrlTemplate

    if not given["url"]:
        stray = next((name for name in ("body", "headers", "method", "trace") if given[name]), None)
        if stray:
            raise UsageError(f"--{stray.removesuffix('s')} belongs to a request: name its --url.")
        return None
    headers = dict(_header(text) for text in given["headers"])
    return UrlTemplate(given["url"], given["method"], given["body"], headers, given["trace"], given["allow_remote"])


def _header(text: str) -> tuple[str, str]:
    name, colon, said = text.partition(":")
    if not colon or not name.strip():
        raise UsageError(f"--header {text!r} is no NAME:VALUE.")
    return name.strip(), said.strip()


def _limit(bench: Workbench, given: dict[str, Any], url: UrlTemplate | None) -> float | None:
    """The limit asked for, else the strictest target that the system's pack sets for the endpoint's latency."""
    from perfkit.units import parse_quantity

    if given["limit"]:
        limit = parse_quantity(given["limit"])
        if limit.unit != "ms" or limit.value <= 0:
            raise UsageError(f"--limit {given['limit']!r} is no time. Write one like 500ms or 2s.")
        return limit.value
    return pack_limit(bench.pack(given["system"]), url) if given["system"] and url else None


def pack_limit(pack: Pack, url: UrlTemplate) -> float | None:
    """The strictest latency target for the endpoint; None where the pack sets none."""
    from fnmatch import fnmatchcase
    from urllib.parse import urlsplit

    endpoint = f"{url.method or ('GET' if url.body is None else 'POST')} {urlsplit(url.url).path or '/'}"
    fitting = [
        target for target in pack.targets if target.form == "limit" and target.metric_name.startswith(LATENCY) and target.must_be.startswith("<")
    ]
    return min((target.quantity.value for target in fitting if fnmatchcase(endpoint, target.subject)), default=None)
