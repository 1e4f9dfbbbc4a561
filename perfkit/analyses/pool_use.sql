-- How is a connection pool used: does it reuse, do requests wait for it, does it hold connections that nobody works with?
-- run_id: the run.  subject: the endpoint, or 'all requests', with the pool's name where the run has several.  endpoint, pool: its parts.
-- requests: traced requests that took a connection.  n: checkouts.  reused: checkouts that needed no new connection.  reuse: reused over n.
-- connects: new connections.  connect_ms: mean time to make one.  connect_cost_ms: time to connect per request.
-- wait_ms: mean wait for a connection per request, connecting left out.  wait_p50_ms, wait_p95_ms, wait_max_ms: per checkout.
-- overflow_closes: connections closed as soon as they were given back, because the pool keeps no more.
-- held_ms, idle_ms: mean time per request in which a connection was held, and in which it was held and no statement ran.
-- elsewhere_ms: of that, mean time in which a model or another service was asked.  elsewhere: which of both, where there is any.
-- most_held: connections of the pool held at once, in the whole run.  request_ms: mean length of those requests.
-- file, line: where the application takes the connection, the place with most idle time.
-- evidence: spans.pool
with events as (
    select pool_events.*, server.name as endpoint, server.duration_ms as request_ms,
        epoch_us("at") / 1000.0 as start_ms, epoch_us("at") / 1000.0 + pool_events.duration_ms as end_ms
    from pool_events left join spans as server
        on server.run_id = pool_events.run_id and server.trace_id = pool_events.trace_id and server.kind = 'server'
    where list_contains($run_ids, pool_events.run_id) and pool_events.pool is not null
),
connects as (
    select run_id, trace_id, pool, connection, start_ms, duration_ms from events where event = 'connect'
),
checkouts as (
    select events.run_id, events.pool, events.endpoint, events.trace_id, events.request_ms,
        greatest(0, events.duration_ms - coalesce(connects.duration_ms, 0)) as wait_ms,
        connects.duration_ms as connect_ms
    from events left join connects
        on connects.run_id = events.run_id and connects.trace_id = events.trace_id and connects.pool = events.pool
        and connects.connection = events.connection and connects.start_ms between events.start_ms - 0.01 and events.end_ms
    where events.event = 'checkout'
),
taken as (
    select run_id, pool,
        case when grouping(endpoint) = 1 then 'all requests' else coalesce(endpoint, 'outside of requests') end as endpoint,
        count(distinct trace_id) as requests, count(*) as n, count(*) filter (connect_ms is null) as reused,
        count(connect_ms) as connects, coalesce(avg(connect_ms), 0) as connect_ms, coalesce(sum(connect_ms), 0) as connecting_ms,
        sum(wait_ms) as waiting_ms, median(wait_ms) as wait_p50_ms, quantile_cont(wait_ms, 0.95) as wait_p95_ms, max(wait_ms) as wait_max_ms
    from checkouts group by grouping sets ((run_id, pool, endpoint), (run_id, pool))
),
covering as (
    select events.run_id, events.span_id, spans.kind, sum(greatest(0,
        least(events.end_ms, epoch_us(spans.started_at) / 1000.0 + spans.duration_ms) - greatest(events.start_ms, epoch_us(spans.started_at) / 1000.0)
    )) as overlap_ms
    from events join spans on spans.run_id = events.run_id and spans.trace_id = events.trace_id and spans.kind in ('llm', 'http')
    where events.event = 'held' group by events.run_id, events.span_id, spans.kind
),
elsewhere as (
    select run_id, span_id, sum(overlap_ms) as elsewhere_ms, arg_max(kind, overlap_ms) filter (overlap_ms > 0) as kind from covering group by run_id, span_id
),
holds as (
    select events.*, greatest(0, duration_ms - coalesce(busy_ms, 0)) as idle_ms,
        least(coalesce(elsewhere.elsewhere_ms, 0), greatest(0, duration_ms - coalesce(busy_ms, 0))) as elsewhere_ms, elsewhere.kind as elsewhere
    from events left join elsewhere using (run_id, span_id) where event = 'held'
),
held as (
    select run_id, pool,
        case when grouping(endpoint) = 1 then 'all requests' else coalesce(endpoint, 'outside of requests') end as endpoint,
        sum(duration_ms) as held_ms, sum(idle_ms) as idle_ms, sum(elsewhere_ms) as elsewhere_ms, arg_max(elsewhere, elsewhere_ms) as elsewhere,
        arg_max(file, idle_ms) as file, arg_max(line, idle_ms) as line
    from holds group by grouping sets ((run_id, pool, endpoint), (run_id, pool))
),
closes as (
    select run_id, pool,
        case when grouping(endpoint) = 1 then 'all requests' else coalesce(endpoint, 'outside of requests') end as endpoint,
        count(*) filter (overflow) as overflow_closes
    from events where event = 'close' group by grouping sets ((run_id, pool, endpoint), (run_id, pool))
),
moments as (
    select run_id, pool, start_ms as moment, 1 as change from events where event = 'held'
    union all select run_id, pool, end_ms, -1 from events where event = 'held'
),
levels as (
    select run_id, pool, sum(change) over (partition by run_id, pool order by moment, change rows unbounded preceding) as held_at_once from moments
),
peaks as (select run_id, pool, max(held_at_once)::bigint as most_held from levels group by run_id, pool),
lengths as (
    select run_id, pool, case when grouping(endpoint) = 1 then 'all requests' else coalesce(endpoint, 'outside of requests') end as endpoint,
        avg(request_ms) as request_ms
    from (select distinct run_id, pool, endpoint, trace_id, request_ms from checkouts) group by grouping sets ((run_id, pool, endpoint), (run_id, pool))
),
pools as (select run_id, count(distinct pool) as pools from events group by run_id)
select
    run_id,
    case when pools > 1 then endpoint || ', ' || pool else endpoint end as subject,
    endpoint,
    pool,
    requests,
    n,
    reused,
    reused / n as reuse,
    connects,
    connect_ms,
    connecting_ms / requests as connect_cost_ms,
    waiting_ms / requests as wait_ms,
    wait_p50_ms,
    wait_p95_ms,
    wait_max_ms,
    coalesce(overflow_closes, 0) as overflow_closes,
    coalesce(held_ms, 0) / requests as held_ms,
    coalesce(idle_ms, 0) / requests as idle_ms,
    coalesce(elsewhere_ms, 0) / requests as elsewhere_ms,
    elsewhere,
    coalesce(most_held, 0) as most_held,
    request_ms,
    file,
    line
from taken
left join held using (run_id, pool, endpoint)
left join closes using (run_id, pool, endpoint)
left join peaks using (run_id, pool)
left join lengths using (run_id, pool, endpoint)
join pools using (run_id)
order by run_id, pool, requests desc, subject;
