-- How high did a series go that was sampled during a run?
-- run_id: the run.  subject: the series, such as 'target.rss' or 'fps'; what a generator of load used itself is left out.
-- measures: bytes, ratio or per_second.  n: samples.  lowest, p5, middle, mean, highest: in that unit.
with sampled as (
    select run_id, series as subject, value, lower(unit) as unit
    from samples
    where list_contains($run_ids, run_id) and not starts_with(series, 'generator')
),
whole as (
    -- what a process held at most, as its collector was told at its end
    select run_id, 'rss' as subject, value, lower(unit) as unit from profile_facts where list_contains($run_ids, run_id) and stat = 'peak_rss'
),
known as (
    select run_id, subject,
        case
            when unit in ('bytes', 'kb', 'mb', 'gb') then 'bytes'
            when unit in ('%', 'ratio') then 'ratio'
            when unit in ('per_second', '/s', 'fps') then 'per_second'
        end as measures,
        value * case unit when 'kb' then 1e3 when 'mb' then 1e6 when 'gb' then 1e9 when '%' then 0.01 else 1 end as amount
    from (select * from sampled union all select * from whole)
)
select
    run_id,
    subject,
    measures,
    count(*) as n,
    min(amount) as lowest,
    quantile_cont(amount, 0.05) as p5,
    quantile_cont(amount, 0.5) as middle,
    avg(amount) as mean,
    max(amount) as highest
from known
where measures is not null
group by run_id, subject, measures
order by run_id, subject, measures;
