-- How did the memory of runs go over time? At most a thousand stretches a series.
-- run_id, series: as in samples.  seconds: of each stretch, since the first value of the run.  highest: bytes, the most in each stretch.
with sampled as (
    select run_id, series, epoch_us("at") / 1e6 as moment, value * case when unit = 'mb' then 1e6 else 1 end as amount
    from samples where list_contains($run_ids, run_id) and unit in ('bytes', 'mb')
),
span as (select run_id, min(moment) as first, greatest(max(moment) - min(moment), 1e-6) as length from sampled group by run_id),
placed as (
    select run_id, series, arg_max(moment - first, amount) as second, max(amount) as amount
    from sampled join span using (run_id) group by run_id, series, least(floor((moment - first) / length * 1000), 999)
)
select run_id, series, list(second order by second) as seconds, list(amount order by second) as highest
from placed
group by run_id, series
order by run_id, max(amount) desc, series;
