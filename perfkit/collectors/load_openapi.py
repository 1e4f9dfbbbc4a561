"""An OpenAPI document → requests: every operation whose required values the document itself gives, and why the others were left out."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import ProxyHandler, build_opener

from perfkit.collectors.load_options import RequestSpec
from perfkit.collectors.target import check_target
from perfkit.errors import UsageError

READING = ("get",)
WRITING = ("post", "put", "patch", "delete")
VARIANTS = 20
"""Paths for one operation at most, where the document gives several examples."""
ANSWER_S = 10.0
DEEPEST = 20

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An operation that is not requested."""

    operation: str
    because: str


class Unanswerable(Exception):  # noqa: N818
    """The document does not give a value that the operation needs."""


def requests_from_openapi(source: str, *, include_writes: bool = False, allow_remote: bool = False) -> tuple[tuple[RequestSpec, ...], list[LeftOut]]:
    """Source is a file or a URL."""
    document = Document(_parsed(source, allow_remote=allow_remote), source)
    specs, left_out = [], []
    for path, item in document.root["paths"].items():
        for method in document.methods(item):
            try:
                document.check_allowed(method, include_writes=include_writes)
                specs.append(document.request(path, method, document.resolved(item)))
            except Unanswerable as missing:
                left_out.append(LeftOut(f"{method.upper()} {path}", str(missing)))
            except (AttributeError, LookupError, TypeError):
                left_out.append(LeftOut(f"{method.upper()} {path}", "it is not written as OpenAPI says"))
    if not specs:
        reasons = "; ".join(f"{item.operation}: {item.because}" for item in left_out) or "it has no operations"
        raise UsageError(f"{source}: no operation can be requested: {reasons}.")
    return tuple(specs), left_out


@dataclass(frozen=True, slots=True)
class Document:
    """One OpenAPI 3 document, or a Swagger 2 one as far as they agree."""

    root: Node
    source: str

    def methods(self, item: Node) -> list[str]:
        """What can be asked of a path; of one that cannot be looked into, reading."""
        try:
            return [method for method in (*READING, *WRITING) if method in self.resolved(item)]
        except (Unanswerable, TypeError):
            return [*READING]

    def check_allowed(self, method: str, *, include_writes: bool) -> None:
        """Nothing is written unless that is asked for."""
        if method in WRITING and not include_writes:
            raise Unanswerable("it writes; ask for it with --include-writes")

    def request(self, path: str, method: str, item: Node) -> RequestSpec:
        """Raises Unanswerable when a required value is nowhere in the document."""
        operation = item[method]
        values = {
            (parameter["in"], parameter["name"]): self.values(parameter)
            for parameter in self.parameters(operation, item.get("parameters", ()))
            if parameter.get("required") or parameter["in"] == "path"
        }
        for place, name in values:
            if place not in ("path", "query", "header"):
                raise Unanswerable(f"it needs the {place} {name}")
        paths = tuple(self.filled(path, chosen) for chosen in itertools.islice(_combinations(values), VARIANTS))
        headers = {name: str(given[0]) for (place, name), given in values.items() if place == "header"}
        return RequestSpec(name=self.base() + path, paths=paths, method=method.upper(), body=self.body(operation), headers=headers)

    def parameters(self, operation: Node, shared: Sequence[Node]) -> list[Node]:
        """The operation's own replace the path's of the same place and name."""
        listed = [self.resolved(item) for item in (*shared, *operation.get("parameters", ()))]
        return list({(item["in"], item["name"]): item for item in listed}.values())

    def values(self, parameter: Node) -> list[Any]:
        """What the document offers for a parameter; a list of values only where a query can repeat its name."""
        unfit = dict if parameter["in"] == "query" else dict | list
        offered = self.examples(parameter) or self.offered(parameter.get("schema", parameter))
        given = [value for value in offered if value is not None and not isinstance(value, unfit)]
        if not given:
            raise Unanswerable(f"the {parameter['in']} parameter {parameter['name']} has no example, default or list of values")
        return given

    def offered(self, schema: Node, depth: int = 0) -> list[Any]:
        """Examples beside a reference come before those behind it; then the default, the allowed values, and what the parts offer."""
        if depth > DEEPEST:
            return []
        target = self.resolved(schema)
        defaults = [node["default"] for node in (schema, target) if node.get("default") is not None]
        allowed = [target["const"]] if "const" in target else list(target.get("enum", ()))
        return self.examples(schema) or self.examples(target) or defaults[:1] or allowed or self.composed(target, depth + 1)

    def composed(self, schema: Node, depth: int) -> list[Any]:
        """One value from the first alternative that offers one, from a list's items, or from fields that are required or have examples."""
        for branch in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())[:1]):
            if found := self.offered(branch, depth):
                return found[:1]
        if "items" in schema:
            return [[item] for item in self.offered(schema["items"], depth)[:1]]
        required, fields = schema.get("required", ()), schema.get("properties", {})
        given = {name: self.offered(field, depth)[:1] for name, field in fields.items() if name in required or self.examples(field)}
        return [{name: value for name, [value] in given.items()}] if given and all(given.values()) else []

    def examples(self, holder: Node) -> list[Any]:
        """All values under `example` and `examples`, which is a list in a schema and named objects elsewhere."""
        several = holder.get("examples", ())
        named = [self.resolved(item).get("value") for item in several.values()] if isinstance(several, Mapping) else list(several)
        return ([holder["example"]] if "example" in holder else []) + named

    def body(self, operation: Node) -> Any:
        """The first example of a JSON body; None when the operation takes none."""
        wanted = self.resolved(operation.get("requestBody", {}))
        if not wanted:
            return None
        content = next((media for kind, media in wanted.get("content", {}).items() if "json" in kind), None)
        given = [] if content is None else self.examples(content) or self.offered(content.get("schema", {}))
        if not given and wanted.get("required"):
            raise Unanswerable("its body has no JSON example, nor has every field that it needs")
        return given[0] if given else None

    def filled(self, path: str, chosen: Mapping[tuple[str, str], Any]) -> str:
        """The path with its values in place, behind the path of the document's server."""
        missing = [name for name in re.findall(r"{([^}]*)}", path) if ("path", name) not in chosen]
        if missing:
            raise Unanswerable(f"the path parameter {missing[0]} is not described")
        for (place, name), value in chosen.items():
            if place == "path":
                path = path.replace(f"{{{name}}}", quote(_text(value), safe=""))
        asked = {name: value if isinstance(value, list) else [value] for (place, name), value in chosen.items() if place == "query"}
        query = urlencode({name: [_text(value) for value in values] for name, values in asked.items()}, doseq=True)
        return self.base() + path + (f"?{query}" if query else "")

    def base(self) -> str:
        """The path that all paths stand behind."""
        servers = self.root.get("servers") or [{"url": self.root.get("basePath", "")}]
        url = str(servers[0].get("url", ""))
        return "" if "{" in url else urlsplit(url).path.rstrip("/")

    def resolved(self, node: Node) -> Node:
        """The node that references inside the document lead to."""
        for _ in range(DEEPEST):
            if "$ref" not in node:
                return node
            target = str(node["$ref"])
            if not target.startswith("#/"):
                raise Unanswerable(f"{target} lies outside the document")
            found: Any = self.root
            for part in target[2:].split("/"):
                found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
            if not isinstance(found, Mapping):
                raise Unanswerable(f"{target} is not in the document")
            node = found
        raise Unanswerable(f"{node['$ref']} leads to itself")


def _combinations(values: Mapping[tuple[str, str], Sequence[Any]]) -> Iterator[dict[tuple[str, str], Any]]:
    for chosen in itertools.product(*values.values()):
        yield dict(zip(values, chosen, strict=True))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _parsed(source: str, *, allow_remote: bool) -> Node:
    text = _fetched(source, allow_remote=allow_remote) if urlsplit(source).scheme in ("http", "https") else _read(Path(source))
    try:
        document = json.loads(text)
    except ValueError:
        document = _yaml(text, source)
    if not isinstance(document, dict) or not ({"openapi", "swagger"} & document.keys()) or not isinstance(document.get("paths"), dict):
        raise UsageError(f"{source}: not an OpenAPI document: it has no version under `openapi` or no `paths`.")
    return document


def _yaml(text: str, source: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"{source}: neither JSON nor YAML: {' '.join(str(error).split())}.") from error


def _fetched(url: str, *, allow_remote: bool) -> str:
    check_target(url, allow_remote=allow_remote)
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=ANSWER_S) as answer:
            text: str = answer.read().decode("utf-8")
    except (URLError, OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{url}: cannot be read as an OpenAPI document: {error}.") from error
    return text


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{file}: cannot be read: {reason}.") from error
