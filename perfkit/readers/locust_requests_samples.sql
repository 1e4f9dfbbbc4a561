-- The samples in the wider log of perfkit collect load → samples: the series stands in the name, the value in the time, the unit in the exception.
-- A generator's series carries its worker's name when there are several.
with rows as (
    select *
    from read_csv(
        $path,
        columns = $columns,
        auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', strict_mode = true, null_padding = false, ignore_errors = false,
        compression = $compression
    )
    where request_type = '#sample'
),
generators as (
    select count(distinct nullif(worker, '')) as many from rows
)
select
    name || case when many > 1 and coalesce(worker, '') <> '' then '.' || worker else '' end as series,
    make_timestamp((timestamp * 1000000)::bigint) as "at",
    response_time_ms as value,
    exception as unit
from rows cross join generators
