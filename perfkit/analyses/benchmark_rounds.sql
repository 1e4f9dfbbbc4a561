-- How long did each round of a benchmark take?
-- run_id: the run.  subject: the benchmark.  rounds_ms: all measured rounds, in the order in which they ran, warm-ups left out.
with timed as (
    select run_id, benchmark, round, value * case unit when 's' then 1000 when 'ms' then 1 when 'us' then 1e-3 when 'ns' then 1e-6 end as ms
    from rounds
    where list_contains($run_ids, run_id) and coalesce(phase, 'steady') = 'steady' and size is null and component is null
)
select run_id, benchmark as subject, list(ms order by round) as rounds_ms
from timed
where ms is not null
group by run_id, benchmark
order by run_id, benchmark;
