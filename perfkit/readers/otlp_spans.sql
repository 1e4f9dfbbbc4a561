-- Spans of OpenTelemetry → spans. Ids are hexadecimal (Tempo writes base64), times nanoseconds as texts or numbers, values typed.
-- Statements get their fingerprint after the scan, where each text is looked at once.
with resources as (
    select unnest(coalesce(resourceSpans, batches)) as resource
    from read_json(
        $path,
        format = $format,
        columns = {
            resourceSpans: 'struct(
                resource struct(attributes struct("key" varchar, "value" struct(stringValue varchar, intValue varchar, doubleValue varchar, boolValue varchar,
                        arrayValue json, kvlistValue json, bytesValue varchar))[]),
                scopeSpans struct(spans struct(traceId varchar, spanId varchar, parentSpanId varchar, name varchar, kind varchar,
                    startTimeUnixNano varchar, endTimeUnixNano varchar, status struct(code varchar),
                    attributes struct("key" varchar, "value" struct(stringValue varchar, intValue varchar, doubleValue varchar, boolValue varchar,
                        arrayValue json, kvlistValue json, bytesValue varchar))[])[])[],
                instrumentationLibrarySpans struct(spans struct(traceId varchar, spanId varchar, parentSpanId varchar, name varchar, kind varchar,
                    startTimeUnixNano varchar, endTimeUnixNano varchar, status struct(code varchar),
                    attributes struct("key" varchar, "value" struct(stringValue varchar, intValue varchar, doubleValue varchar, boolValue varchar,
                        arrayValue json, kvlistValue json, bytesValue varchar))[])[])[])[]',
            batches: 'struct(
                resource struct(attributes struct("key" varchar, "value" struct(stringValue varchar, intValue varchar, doubleValue varchar, boolValue varchar,
                        arrayValue json, kvlistValue json, bytesValue varchar))[]),
                scopeSpans struct(spans struct(traceId varchar, spanId varchar, parentSpanId varchar, name varchar, kind varchar,
                    startTimeUnixNano varchar, endTimeUnixNano varchar, status struct(code varchar),
                    attributes struct("key" varchar, "value" struct(stringValue varchar, intValue varchar, doubleValue varchar, boolValue varchar,
                        arrayValue json, kvlistValue json, bytesValue varchar))[])[])[],
                instrumentationLibrarySpans struct(spans struct(traceId varchar, spanId varchar, parentSpanId varchar, name varchar, kind varchar,
                    startTimeUnixNano varchar, endTimeUnixNano varchar, status struct(code varchar),
                    attributes struct("key" varchar, "value" struct(stringValue varchar, intValue varchar, doubleValue varchar, boolValue varchar,
                        arrayValue json, kvlistValue json, bytesValue varchar))[])[])[])[]'
        },
        compression = $compression,
        maximum_object_size = $object_bytes
    )
),
scopes as (
    select
        resource.resource.attributes as about,
        unnest(coalesce(resource.scopeSpans, resource.instrumentationLibrarySpans)) as scope
    from resources
),
read as (
    select
        list_filter(about, lambda item: item.key = 'service.name')[1].value.stringValue as service,
        unnest(scope.spans) as span
    from scopes
),
keyed as (
    select service, span, list_transform(span.attributes, lambda item: item.key) as repeated_keys from read
),
valued as (
    select
        service,
        span,
        list_filter(span.attributes, lambda item, place: list_position(repeated_keys, item.key) = place) as items,
        list_transform(items, lambda item: item.key) as keys,
        list_transform(
            items,
            lambda item: coalesce(
                item.value.stringValue, item.value.intValue, item.value.doubleValue, item.value.boolValue,
                item.value.arrayValue ->> '$.values', item.value.kvlistValue ->> '$.values', item.value.bytesValue
            )
        ) as texts
    from keyed
),
named as (
    select
        service,
        span,
        items,
        keys,
        coalesce(texts[list_position(keys, 'db.query.text')], texts[list_position(keys, 'db.statement')]) as statement,
        lower(coalesce(texts[list_position(keys, 'db.system.name')], texts[list_position(keys, 'db.system')])) as store,
        coalesce(texts[list_position(keys, 'db.operation.name')], texts[list_position(keys, 'db.operation')]) as operation,
        coalesce(
            texts[list_position(keys, 'db.response.returned_rows')],
            texts[list_position(keys, 'db.rows_affected')],
            texts[list_position(keys, 'db.row_count')]
        ) as row_count,
        try_cast(texts[list_position(keys, 'db.operation.batch.size')] as bigint) as batch_size,
        coalesce(
            texts[list_position(keys, 'db.statement.parameters')],
            array_to_string(
                list_filter(list_transform(items, lambda item, place: case when starts_with(item.key, 'db.query.parameter.') then
                    item.key || '=' || coalesce(texts[place], '') end), lambda text: text is not null), chr(31)
            )
        ) as parameters,
        coalesce(texts[list_position(keys, 'http.request.method')], texts[list_position(keys, 'http.method')]) as method,
        texts[list_position(keys, 'http.route')] as route,
        coalesce(texts[list_position(keys, 'url.full')], texts[list_position(keys, 'http.url')]) as url,
        texts[list_position(keys, 'gen_ai.operation.name')] as generating,
        coalesce(
            generating, texts[list_position(keys, 'gen_ai.provider.name')], texts[list_position(keys, 'gen_ai.system')]
        ) is not null and coalesce(generating, 'chat') not in ('execute_tool', 'invoke_agent', 'create_agent') as generates,
        coalesce(texts[list_position(keys, 'gen_ai.request.model')], texts[list_position(keys, 'gen_ai.response.model')]) as model,
        coalesce(texts[list_position(keys, 'gen_ai.usage.input_tokens')], texts[list_position(keys, 'gen_ai.usage.prompt_tokens')]) as input_tokens,
        coalesce(
            texts[list_position(keys, 'gen_ai.usage.output_tokens')], texts[list_position(keys, 'gen_ai.usage.completion_tokens')]
        ) as output_tokens,
        coalesce(texts[list_position(keys, 'code.file.path')], texts[list_position(keys, 'code.filepath')]) as file,
        try_cast(coalesce(texts[list_position(keys, 'code.line.number')], texts[list_position(keys, 'code.lineno')]) as integer) as line,
        texts
    from valued
),
checked as (
    select
        *,
        try_cast(span.startTimeUnixNano as bigint) as started_ns,
        try_cast(span.endTimeUnixNano as bigint) as ended_ns,
        case
            when span.kind in ('2', 'SPAN_KIND_SERVER') then 'server'
            when store in ('redis', 'memcached', 'valkey') then 'cache'
            when statement is not null or (store is not null and operation is not null) then 'db'
            when generates then 'llm'
            when span.kind in ('3', 'SPAN_KIND_CLIENT') and store is null and coalesce(method, url) is not null then 'http'
            else 'internal'
        end as kind
    from named
)
select
    lower(if(regexp_full_match(span.traceId, '[0-9a-fA-F]+'), span.traceId, hex(from_base64(span.traceId)))) as trace_id,
    lower(if(regexp_full_match(span.spanId, '[0-9a-fA-F]+'), span.spanId, hex(from_base64(span.spanId)))) as span_id,
    lower(if(regexp_full_match(span.parentSpanId, '[0-9a-fA-F]*'), nullif(span.parentSpanId, ''), hex(from_base64(span.parentSpanId)))) as parent_id,
    kind,
    case when kind = 'server' and route is not null then concat_ws(' ', method, route) else coalesce(nullif(span.name, ''), kind) end as name,
    make_timestamp(started_ns // 1000) as started_at,
    (ended_ns - started_ns) / 1e6 as duration_ms,
    if(span.status.code in ('2', 'STATUS_CODE_ERROR'), 'error', 'ok') as status,
    file,
    line,
    json_merge_patch(
        to_json(map_from_entries(list_filter(list_transform(items, lambda item, place: {
            'key': item.key,
            'value': case
                when item.value.intValue is not null then to_json(try_cast(item.value.intValue as bigint))
                when isfinite(try_cast(item.value.doubleValue as double)) then to_json(try_cast(item.value.doubleValue as double))
                when item.value.boolValue is not null then to_json(try_cast(item.value.boolValue as boolean))
                when item.key in ('db.query.text', 'db.statement', 'db.statement.parameters') or starts_with(item.key, 'db.query.parameter.') then null
                else to_json(texts[place])
            end
        }), lambda entry: entry.value is not null))),
        to_json({
            'service': service,
            'statement': statement,
            'rows': try_cast(row_count as bigint),
            'params_hash': case when parameters <> '' then substr(sha256(parameters), 1, 16) end,
            'executemany': case when batch_size > 1 then true end,
            'command': case when kind = 'cache' then upper(coalesce(operation, regexp_extract(statement, '^\s*(\w+)', 1), span.name)) end,
            'model': model,
            'input_tokens': try_cast(input_tokens as bigint),
            'output_tokens': try_cast(output_tokens as bigint)
        })
    ) as attributes
from checked
where case when span.traceId <> '' and span.spanId <> '' and started_ns > 0 and ended_ns >= started_ns then true
    else error('span ' || coalesce(span.spanId, '?') || ' (' || coalesce(span.name, 'no name') || ') of trace ' || coalesce(span.traceId, '?')
        || ' lasts from ' || coalesce(span.startTimeUnixNano, 'nothing') || ' to ' || coalesce(span.endTimeUnixNano, 'nothing')
        || ': two ids and two times in order, in nanoseconds, are wanted') end
