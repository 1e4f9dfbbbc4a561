-- How are response times distributed, up to the rarest that the samples carry?
-- run_id: the run.  outcome: ok or failed; all where the tool kept no raw samples.  quantile: a share, at most 1 - 1/n.  n: requests.
-- lo_ms, hi_ms: both the quantile by linear interpolation; without raw samples the edges of the buckets that hold it.
with sent as (
    select run_id, if(ok, 'ok', 'failed') as outcome, duration_ms
    from measured_requests
    where list_contains($run_ids, run_id) and if($subject = 'all requests', not bystander, subject = $subject or subject glob $subject)
),
sampled as (
    select run_id, outcome, count(*) as n, quantile_cont(duration_ms, $quantiles) as at_quantiles from sent group by run_id, outcome
),
from_samples as (
    select run_id, outcome, unnest($quantiles) as quantile, n, unnest(at_quantiles) as lo_ms, lo_ms as hi_ms from sampled
),
buckets as (
    select run_id, lo_ms, hi_ms, sum(requests)::bigint as requests
    from measured_buckets
    where list_contains($run_ids, run_id) and ($subject = 'all requests' or subject = $subject or subject glob $subject)
    group by run_id, lo_ms, hi_ms
),
piled as (
    select *, sum(requests) over (partition by run_id order by lo_ms, hi_ms) as up_to, sum(requests) over (partition by run_id) as n from buckets
),
-- Linear interpolation takes a place between two samples: the first one's bucket begins the range, the second one's ends it.
from_buckets as (
    select
        run_id,
        'all' as outcome,
        quantile,
        any_value(n)::bigint as n,
        min(lo_ms) filter (up_to > floor((n - 1) * quantile)) as lo_ms,
        min(hi_ms) filter (up_to > ceil((n - 1) * quantile)) as hi_ms
    from piled cross join (select unnest($quantiles) as quantile)
    group by run_id, quantile
)
select run_id, outcome, quantile, n, lo_ms, hi_ms
from (select * from from_samples union all by name select * from from_buckets)
where (1 - quantile) * n >= 1 - 1e-9
order by run_id, outcome desc, quantile;
