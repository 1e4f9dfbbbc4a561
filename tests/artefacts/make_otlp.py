"""Writes tests/artefacts/otlp_spans/*: requests of a small application on SQLite, traced by OpenTelemetry's SDK and its SQLAlchemy instrumentation.

The exporter below writes OTLP JSON by its definition, as opentelemetry-exporter-otlp writes only protobuf."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.pool import StaticPool

FOLDER = Path(__file__).parent / "otlp_spans"
REQUESTS, ORDERS = 4, 12


class Kept(SpanExporter):
    """Keeps spans as OTLP JSON has them, with what they belong to."""

    def __init__(self) -> None:
        self.spans: list[dict[str, Any]] = []
        self.resource: list[dict[str, Any]] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        for span in spans:
            self.spans.append(as_json(span))
            self.resource = attributes(dict(span.resource.attributes))
        return SpanExportResult.SUCCESS


def as_json(span: ReadableSpan) -> dict[str, Any]:
    """One span: ids are hexadecimal, 64-bit integers are texts."""
    written = {
        "traceId": f"{span.context.trace_id:032x}",
        "spanId": f"{span.context.span_id:016x}",
        "parentSpanId": f"{span.parent.span_id:016x}" if span.parent else "",
        "name": span.name,
        "kind": span.kind.value + 1,
        "startTimeUnixNano": str(span.start_time),
        "endTimeUnixNano": str(span.end_time),
        "attributes": attributes(dict(span.attributes or {})),
    }
    return {**written, "status": {"code": 2, "message": span.status.description or ""} if span.status.status_code is StatusCode.ERROR else {}}


def attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Key and typed value."""
    return [{"key": key, "value": typed(value)} for key, value in values.items()]


def typed(value: Any) -> dict[str, Any]:
    """One value under the name of its type."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, tuple | list):
        return {"arrayValue": {"values": [typed(item) for item in value]}}
    return {"stringValue": str(value)}


@contextmanager
def traced(*, parameters: bool) -> Iterator[tuple[Tracer, Engine, Kept]]:
    """An application whose spans are kept; the instrumentation leaves parameters out, so a listener adds them by the convention's name."""
    kept = Kept()
    provider = TracerProvider(resource=Resource({"service.name": "shop"}))
    provider.add_span_processor(SimpleSpanProcessor(kept))
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as connection:
        connection.execute(text("create table orders (id integer primary key, customer integer)"))
        connection.execute(text("create table lines (id integer primary key, order_id integer, item text)"))
        connection.execute(text("insert into orders values (:n, :n)"), [{"n": n} for n in range(ORDERS)])
        connection.execute(text("insert into lines values (:n, :n, 'item')"), [{"n": n} for n in range(ORDERS)])
    # the instrumentation names 2.0 as its highest version and works on later ones
    SQLAlchemyInstrumentor().instrument(engine=engine, tracer_provider=provider, skip_dep_check=True)
    if parameters:
        event.listen(engine, "before_cursor_execute", add_parameters)
    yield provider.get_tracer("shop"), engine, kept
    SQLAlchemyInstrumentor().uninstrument()


def add_parameters(connection: Connection, cursor: Any, statement: str, values: Any, context: Any, executemany: bool) -> None:
    """The values of a statement on its span."""
    for number, value in enumerate(values):
        context._otel_span.set_attribute(f"db.query.parameter.{number}", str(value))


def list_orders(tracer: Tracer, engine: Engine) -> None:
    """A request that asks for the lines of each order on its own."""
    with tracer.start_as_current_span("GET /orders", kind=SpanKind.SERVER) as span, engine.connect() as connection:
        span.set_attributes({"http.request.method": "GET", "http.route": "/orders", "http.response.status_code": 200})
        for (order,) in connection.execute(text("select id from orders where customer >= :least"), {"least": 0}).fetchall():
            connection.execute(text("select item from lines where order_id = :order"), {"order": order}).fetchall()


def other_work(tracer: Tracer, engine: Engine) -> None:
    """A request with one span of every other kind; those of the cache, the model and the client carry what their conventions say."""
    with tracer.start_as_current_span("POST", kind=SpanKind.SERVER) as span:
        span.set_attributes({"http.method": "POST", "http.route": "/answers/{id}", "retried": True, "share": 0.25, "tags": ("a", "b")})
        with tracer.start_as_current_span("GET", kind=SpanKind.CLIENT) as cache:
            cache.set_attributes({"db.system.name": "redis", "db.operation.name": "get", "db.query.text": "GET answer:7"})
        with tracer.start_as_current_span("chat large", kind=SpanKind.CLIENT) as model:
            model.set_attributes({"gen_ai.operation.name": "chat", "gen_ai.provider.name": "local", "gen_ai.request.model": "large"})
            model.set_attributes({"gen_ai.usage.input_tokens": 120, "gen_ai.usage.output_tokens": 30})
        with tracer.start_as_current_span("GET", kind=SpanKind.CLIENT) as call:
            call.set_attributes({"http.request.method": "GET", "url.full": "http://127.0.0.1/x"})
            call.set_status(Status(StatusCode.ERROR, "refused"))
        with tracer.start_as_current_span("rank"), tracer.start_as_current_span("SELECT shop", kind=SpanKind.CLIENT) as database:
            database.set_attributes({"db.system.name": "postgresql", "db.query.text": "select 7", "db.response.returned_rows": 1})
            database.set_attributes({"code.file.path": "shop/answers.py", "code.line.number": 42})


def main() -> None:
    """One file with a request a line, one indented document, and one whose spans have no parameters."""
    FOLDER.mkdir(exist_ok=True)
    with traced(parameters=True) as (tracer, engine, kept):
        for _ in range(REQUESTS):
            list_orders(tracer, engine)
        other_work(tracer, engine)
    (FOLDER / "lines.json").write_text("".join(json.dumps(request(kept, part)) + "\n" for part in parts(kept.spans, 20)), encoding="utf-8")
    (FOLDER / "document.json").write_text(json.dumps(request(kept, kept.spans), indent=1), encoding="utf-8")
    with traced(parameters=False) as (tracer, engine, kept):
        list_orders(tracer, engine)
    (FOLDER / "without_parameters.json").write_text(json.dumps(request(kept, kept.spans)) + "\n", encoding="utf-8")


def parts(spans: Sequence[dict[str, Any]], size: int) -> Iterator[Sequence[dict[str, Any]]]:
    """Batches as an exporter sends them."""
    for start in range(0, len(spans), size):
        yield spans[start : start + size]


def request(kept: Kept, spans: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What one export sends."""
    return {"resourceSpans": [{"resource": {"attributes": kept.resource}, "scopeSpans": [{"scope": {"name": "shop"}, "spans": list(spans)}]}]}


if __name__ == "__main__":
    main()
