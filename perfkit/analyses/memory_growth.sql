-- Which memory series do runs have? Values in the order of time, at most a thousand a series.
-- series: as in samples.  unit: bytes or mb.  seconds: since the first value.  amounts: values in bytes, the median of each thousandth of the time.
with sampled as (
    select run_id, series, unit, epoch_us("at") / 1e6 as moment, value * case when unit = 'mb' then 1e6 else 1 end as amount
    from samples where list_contains($run_ids, run_id) and unit in ('bytes', 'mb') and series ilike '%rss%'
),
span as (
    select run_id, series, min(moment) as first, greatest(max(moment) - min(moment), 1e-6) as length from sampled group by run_id, series
),
placed as (
    select run_id, series, least(floor((moment - first) / length * 1000), 999) as place, avg(moment - first) as second, median(amount) as amount
    from sampled join span using (run_id, series) group by run_id, series, place
)
select run_id, series, list(second order by place) as seconds, list(amount order by place) as amounts
from placed
group by run_id, series
order by run_id, series;
