-- How many clients were connected at once, and how long did one sit in a transaction without working?
-- subject: the database.   n: looks.   connections: the most seen at once, of the whole server.   most_allowed: how many it lets in; null: unknown.
-- idle_in_transaction: the most seen at once.   longest_idle_s, longest_transaction_s: the longest seen.
with gauges as (
    select run_id, database as subject, stat, value from database_stats where list_contains($run_ids, run_id)
),
looks as (
    select run_id, count(*) as n from samples where series = 'connections' and list_contains($run_ids, run_id) group by run_id
)
select
    run_id,
    subject,
    any_value(n) as n,
    max(value) filter (stat = 'connections') as connections,
    max(value) filter (stat = 'setting.max_connections')
        - coalesce(sum(value) filter (stat in ('setting.superuser_reserved_connections', 'setting.reserved_connections')), 0) as most_allowed,
    max(value) filter (stat = 'connections_idle_in_transaction') as idle_in_transaction,
    max(value) filter (stat = 'idle_in_transaction_longest') as longest_idle_s,
    max(value) filter (stat = 'transaction_longest') as longest_transaction_s
from gauges join looks using (run_id)
group by run_id, subject
having connections is not null
order by run_id, subject;
