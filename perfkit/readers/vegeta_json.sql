-- vegeta's results → requests. The timestamp is when the request was sent, not when it was planned; latency is in nanoseconds.
-- A request succeeds by vegeta's own rule: a status of 200 to 399 and no error. Status 0 is no answer.
select
    timestamp at time zone 'UTC' as started_at,
    latency::ubigint / 1e6 as duration_ms,
    coalesce(nullif(url, ''), 'all') as endpoint,
    nullif(method, '') as method,
    code::usmallint as status,
    code::usmallint between 200 and 399 and coalesce(error, '') = '' as ok,
    nullif(error, '') as error,
    bytes_in
from read_json(
    $path,
    format = 'newline_delimited',
    columns = {
        seq: 'varchar', code: 'varchar', timestamp: 'timestamptz', latency: 'varchar', bytes_in: 'ubigint', error: 'varchar',
        method: 'varchar', url: 'varchar'
    },
    compression = $compression
)
where case when regexp_full_match(latency, '[0-9]+') and regexp_full_match(code, '[0-9]{1,3}') and timestamp is not null then true
    else error('request ' || coalesce(seq, '?') || ' has the latency ' || coalesce(latency, 'null') || ', the code ' || coalesce(code, 'null')
        || ' and the timestamp ' || coalesce(timestamp::varchar, 'null') || ': nanoseconds, a status and a time are wanted') end
