-- Lines of a trace → spans: a span each, or many timed calls or statements, column by column. Header and closing line carry neither.
-- The id of a call is the line's prefix and the call's number in hexadecimal digits; a call that nothing is around begins a trace of its own.
with lines as (
    select *
    from read_json(
        $path,
        format = 'newline_delimited',
        columns = {
            trace_id: 'varchar', span_id: 'varchar', parent_id: 'varchar', kind: 'varchar', name: 'varchar', started_at: 'bigint',
            duration_ms: 'double', status: 'varchar', fingerprint: 'varchar', file: 'varchar', line: 'integer', attributes: 'json',
            perfkit_calls: 'struct(
                prefix varchar, clock_ns bigint,
                timings struct(kind varchar, "name" varchar, fingerprint varchar, file varchar, line integer, attributes json)[],
                above struct(trace_id varchar, span_id varchar, number bigint, trace bigint)[],
                timing integer[], below integer[], number bigint[], started bigint[], took bigint[],
                params_hash ubigint[], rows json[], more json[]
            )'
        },
        compression = $compression
    )
),
calls as (
    select
        perfkit_calls.prefix as prefix,
        unnest(list_transform(perfkit_calls.timing, lambda place: perfkit_calls.timings[place + 1])) as timing,
        unnest(list_transform(perfkit_calls.below, lambda place: perfkit_calls.above[place + 1])) as above,
        unnest(perfkit_calls.number) as number,
        perfkit_calls.clock_ns + unnest(perfkit_calls.started) as started,
        unnest(perfkit_calls.took) as took,
        unnest(coalesce(perfkit_calls.params_hash, list_resize([]::ubigint[], len(perfkit_calls.number)))) as params_hash,
        unnest(coalesce(perfkit_calls.rows, list_resize([]::json[], len(perfkit_calls.number)))) as rows,
        unnest(coalesce(perfkit_calls.more, list_resize([]::json[], len(perfkit_calls.number)))) as more
    from lines where perfkit_calls is not null
)
select
    trace_id, span_id, parent_id, kind, name, make_timestamp(started_at) as started_at, duration_ms, status, fingerprint, file, line, attributes
from lines where span_id is not null
union all
select
    coalesce(above.trace_id, prefix || printf('%08x', coalesce(above.trace, number))),
    prefix || printf('%08x', number),
    coalesce(above.span_id, prefix || printf('%08x', above.number)),
    coalesce(timing.kind, 'internal'),
    timing.name,
    make_timestamp(started // 1000),
    took / 1e6,
    if(json_exists(more, '$.error'), 'error', 'ok'),
    timing.fingerprint,
    timing.file,
    timing.line,
    case
        when params_hash is null and (more is null or more = 'null') then timing.attributes
        else json_merge_patch(
            timing.attributes,
            if(params_hash is null, '{}', json_object('params_hash', printf('%016x', params_hash), 'rows', rows)),
            if(more is null or more = 'null', '{}', more)
        )
    end
from calls
