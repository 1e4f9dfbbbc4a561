-- Lines of a trace → spans. Header and closing line carry no span_id.
select
    trace_id,
    span_id,
    parent_id,
    kind,
    name,
    make_timestamp(started_at) as started_at,
    duration_ms,
    status,
    fingerprint,
    file,
    line,
    attributes
from read_json(
    $path,
    format = 'newline_delimited',
    columns = {
        trace_id: 'varchar', span_id: 'varchar', parent_id: 'varchar', kind: 'varchar', name: 'varchar', started_at: 'bigint', duration_ms: 'double',
        status: 'varchar', fingerprint: 'varchar', file: 'varchar', line: 'integer', attributes: 'json'
    },
    compression = $compression
)
where span_id is not null
