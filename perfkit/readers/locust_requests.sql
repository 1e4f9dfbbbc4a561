-- Locust's raw request log, also the wider one of perfkit collect load → requests. Rows of the type #sample are no requests.
-- Times are seconds of the epoch; Locust's own judgement of failure is the exception column.
-- worker: the generator process; 'watch' is the probe beside the load, which belongs to no stage and no phase.
-- intended: when an open model, or the probe, meant to send it.
-- Columns are those of the header: the empty relation in front supplies what only the wider log has.
with rows as (
    select null::varchar as worker, null::integer as stage, null::varchar as phase, null::double as intended where false
    union all by name
    select * from read_csv(
        $path,
        columns = $columns,
        auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', strict_mode = true, null_padding = false, ignore_errors = false,
        compression = $compression
    )
)
select
    make_timestamp((timestamp * 1000000)::bigint) as started_at,
    case when isfinite(response_time_ms) and response_time_ms between 0 and 1e12 then response_time_ms
        else error('a response time of ' || response_time_ms || ' ms') end as duration_ms,
    name as endpoint,
    nullif(request_type, '') as method,
    status_code as status,
    coalesce(exception, '') = '' as ok,
    nullif(exception, '') as error,
    response_length as bytes_in,
    nullif(worker, '') as worker,
    stage,
    nullif(phase, '') as phase,
    make_timestamp((intended * 1000000)::bigint) as intended_at
from rows
where coalesce(request_type, '') <> '#sample'
