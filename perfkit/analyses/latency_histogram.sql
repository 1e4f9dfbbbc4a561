-- How many requests took how long? Counted twice: in bins of equal width, and in bins that are equally wide on a logarithmic axis.
-- run_id: the run.  outcome: ok or failed; all where the tool kept no raw samples.  scale: linear or log.
-- lo_ms, hi_ms: edges of the bin, equal for all runs asked for; hi_ms is null in the last linear bin, which holds all the rest.
-- requests: more than 0. A tool's bucket that lies in several bins is shared among them by what each covers.
-- Times of 0 ms have no place in the logarithmic bins.
with sent as (
    select run_id, if(ok, 'ok', 'failed') as outcome, duration_ms
    from measured_requests
    where list_contains($run_ids, run_id) and if($subject = 'all requests', not bystander, subject = $subject or subject glob $subject)
),
buckets as (
    select run_id, lo_ms, hi_ms, sum(requests)::double as requests
    from measured_buckets
    where list_contains($run_ids, run_id) and ($subject = 'all requests' or subject = $subject or subject glob $subject)
    group by run_id, lo_ms, hi_ms
),
piled as (
    select *, sum(requests) over (partition by run_id order by lo_ms, hi_ms) as up_to, sum(requests) over (partition by run_id) as n from buckets
),
reaches as (
    select outcome, quantile_cont(duration_ms, 0.99) as reach_ms from sent group by run_id, outcome
    union all by name
    select 'all' as outcome, min(hi_ms) filter (up_to >= 0.99 * n) as reach_ms from piled group by run_id
),
-- Linear bins reach as far as 99 of 100 requests of the slowest run; failed ones, often as long as a time-out, count only where nothing else is.
reach as (
    select greatest(coalesce(max(reach_ms) filter (outcome <> 'failed'), max(reach_ms), 0), 0.001) as reach_ms from reaches
),
power as (
    select reach_ms, pow(10, floor(log10(reach_ms / 40))) as power_of_ten from reach
),
bins as (
    select power_of_ten * list_min(list_filter([1, 2, 5, 10], lambda step: step * power_of_ten >= reach_ms / 40)) as width_ms,
        floor(reach_ms / width_ms)::bigint + 1 as last_bin
    from power
),
linear_samples as (
    select run_id, outcome, least(floor(duration_ms / width_ms)::bigint, last_bin) as bin, count(*)::double as requests
    from sent cross join bins group by run_id, outcome, bin
),
linear_buckets as (
    select run_id, 'all' as outcome, bin, sum(
        requests * greatest(least(hi_ms, if(bin = last_bin, hi_ms, (bin + 1) * width_ms)) - greatest(lo_ms, bin * width_ms), 0) / (hi_ms - lo_ms)
    ) as requests
    from buckets cross join bins cross join lateral (
        select unnest(range(least(floor(lo_ms / width_ms)::bigint, last_bin), least(ceil(hi_ms / width_ms)::bigint, last_bin + 1))) as bin
    )
    group by run_id, bin
),
log_samples as (
    select run_id, outcome, floor(log10(duration_ms) * 20)::bigint as bin, count(*)::double as requests
    from sent where duration_ms > 0 group by run_id, outcome, bin
),
-- A bucket that begins at 0 is taken to begin at a tenth of its end.
log_edges as (
    select run_id, greatest(lo_ms, hi_ms / 10) as lo_ms, hi_ms, requests from buckets
),
log_buckets as (
    select run_id, 'all' as outcome, bin, sum(
        requests * greatest(least(hi_ms, pow(10, (bin + 1) / 20)) - greatest(lo_ms, pow(10, bin / 20)), 0) / (hi_ms - lo_ms)
    ) as requests
    from log_edges cross join lateral (
        select unnest(range(floor(log10(lo_ms) * 20)::bigint, ceil(log10(hi_ms) * 20)::bigint)) as bin
    )
    group by run_id, bin
),
counted as (
    select run_id, outcome, 'linear' as scale, bin * width_ms as lo_ms, if(bin = last_bin, null, (bin + 1) * width_ms) as hi_ms, requests
    from (select * from linear_samples union all by name select * from linear_buckets) cross join bins
    union all by name
    select run_id, outcome, 'log' as scale, pow(10, bin / 20) as lo_ms, pow(10, (bin + 1) / 20) as hi_ms, requests
    from (select * from log_samples union all by name select * from log_buckets)
)
select run_id, outcome, scale, lo_ms, hi_ms, requests from counted where requests > 0 order by run_id, outcome desc, scale, lo_ms;
