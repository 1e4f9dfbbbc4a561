-- The wider log of perfkit collect load → requests. Rows of the type #sample are no requests.
-- worker: the generator process; 'watch' is the probe beside the load, which belongs to no stage and no phase.
-- intended: when an open model, or the probe, meant to send it.
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
from read_csv(
    $path,
    columns = {
        timestamp: 'double', request_type: 'varchar', name: 'varchar', response_time_ms: 'double', response_length: 'ubigint',
        status_code: 'usmallint', exception: 'varchar', worker: 'varchar', stage: 'integer', phase: 'varchar', intended: 'double'
    },
    auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', strict_mode = true, null_padding = false, ignore_errors = false,
    compression = $compression
)
where coalesce(request_type, '') <> '#sample'
