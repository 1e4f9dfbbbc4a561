-- What did tools print that keep no request of their own, and what do their histograms hold?
-- subject: method and endpoint as the tool named it when several names are one endpoint, or 'all requests'.
-- stat: as in the table reported; 'bucket' is one bucket of a histogram with its edges and its requests as value.
-- Totals that no tool printed are sums over endpoints.  failures: as printed, else the errors and the statuses outside 100 to 399 that were printed.
-- unanswered: requests beside those, with the fewest and the most that it can have been as lo and hi.
-- unit: of value, lo and hi; a bucket's edges are ms.
-- evidence: reported, latency_buckets
with raw as (
    select distinct run_id from requests where list_contains($run_ids, run_id)
),
named as (
    select run_id, stat, value, lo, hi, unit, endpoint, method, url from reported where list_contains($run_ids, run_id)
    union all
    select run_id, 'bucket', requests, lo_ms, hi_ms, 'ms', endpoint, method, url from measured_buckets where list_contains($run_ids, run_id)
),
refused as (
    select run_id, 'failures' as stat, 'count' as unit, endpoint, method, url,
        coalesce(sum(value) filter (stat = 'error' or coalesce(try_cast(about as integer), 0) not between 100 and 399), 0) as value
    from reported
    where list_contains($run_ids, run_id) and stat in ('error', 'status')
    group by all
),
counted as (
    select * from named
    union all by name
    select refused.*, value as lo, value as hi from refused anti join (select * from named where stat = 'failures') as stated
        on stated.run_id = refused.run_id and stated.endpoint is not distinct from refused.endpoint and stated.method is not distinct from refused.method
),
totals as (
    select run_id, stat, sum(value) as value, any_value(unit) as unit, case when stat = 'bucket' then lo end as lo, case when stat = 'bucket' then hi end as hi
    from counted
    where endpoint is not null and stat in ('requests', 'failures', 'bucket')
    group by all
),
complete as (
    select * from counted
    union all by name
    select totals.*, null::varchar as endpoint, null::varchar as method, null::varchar as url
    from totals anti join (select * from counted where endpoint is null) as stated using (run_id, stat)
),
shared as (
    select run_id, method, endpoint from reported group by all having count(distinct coalesce(url, endpoint)) > 1
)
select
    complete.run_id,
    case when complete.endpoint is null then 'all requests'
        else coalesce(complete.method || ' ', '') || case when shared.endpoint is null then complete.endpoint else coalesce(complete.url, complete.endpoint) end
    end as subject,
    complete.stat, complete.value, complete.lo, complete.hi, complete.unit
from complete
anti join raw using (run_id)
left join shared on shared.run_id = complete.run_id and shared.endpoint = complete.endpoint and shared.method is not distinct from complete.method
where complete.value is not null and complete.stat not in ('threshold', 'status', 'error')
order by run_id, subject, stat, lo;
