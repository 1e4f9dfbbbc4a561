-- k6 points → requests. A point's time is the end of its request; duration leaves out connecting. Setup and teardown are marked as such.
select
    (data.time at time zone 'UTC') - to_microseconds((data.value * 1000)::bigint) as started_at,
    data.value as duration_ms,
    endpoint_of(coalesce(data.tags.name, data.tags.url, 'unknown')) as endpoint,
    data.tags.method as method,
    coalesce(try_cast(data.tags.status as usmallint), 0) as status,
    case
        when data.tags.expected_response is not null then data.tags.expected_response = 'true'
        else coalesce(try_cast(data.tags.status as usmallint), 0) between 200 and 399 and coalesce(data.tags.error, '') = ''
    end as ok,
    coalesce(nullif(data.tags.error, ''), nullif(data.tags.error_code, '')) as error,
    case data.tags."group" when '::setup' then 'setup' when '::teardown' then 'teardown' end as phase
from read_json(
    $path,
    format = 'newline_delimited',
    columns = {
        type: 'varchar', metric: 'varchar',
        data: 'struct("time" timestamptz, value double, tags struct(name varchar, url varchar, method varchar, status varchar, expected_response varchar,
            error varchar, error_code varchar, "group" varchar))'
    },
    compression = $compression
)
where type = 'Point' and metric = 'http_req_duration'
