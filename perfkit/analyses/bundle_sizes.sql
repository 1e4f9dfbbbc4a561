-- How large is what a build delivers, raw and compressed?
-- run_id: the run.  subject: what stands behind 'bundle ' in the name of a sampled series or of a benchmark: 'gzip', 'raw', 'brotli entry'.
-- n: values.  size_bytes: their median, for a build is the same every time.
with measured as (
    select run_id, series as name, value, lower(unit) as unit from samples where list_contains($run_ids, run_id)
    union all
    select run_id, benchmark, value, lower(unit) from rounds
    where list_contains($run_ids, run_id) and coalesce(phase, 'steady') = 'steady' and size is null and component is null
)
select
    run_id,
    trim(substr(name, length('bundle') + 1), ' ./_-:') as subject,
    count(*) as n,
    median(value * case unit when 'kb' then 1e3 when 'mb' then 1e6 else 1 end) as size_bytes
from measured
where starts_with(name, 'bundle') and unit in ('byte', 'bytes', 'b', 'kb', 'mb')
group by run_id, subject
order by run_id, subject;
