-- Who is connected at this moment, ourselves left out?
-- connections: of the whole server, as its limit is; the states and the longest waits are of this database. Ages in seconds.
select /* perfkit */ jsonb_build_object(
    'at', clock_timestamp(),
    'connections', count(*),
    'connections_active', count(*) filter (where here and state = 'active'),
    'connections_idle', count(*) filter (where here and state = 'idle'),
    'connections_idle_in_transaction', count(*) filter (where here and state like 'idle in transaction%'),
    'idle_in_transaction_longest_s', coalesce(max(age_s) filter (where here and state like 'idle in transaction%'), 0),
    'transaction_longest_s', coalesce(max(transaction_s) filter (where here), 0)
)
from (
    select
        state,
        datname = current_database() as here,
        extract(epoch from clock_timestamp() - state_change) as age_s,
        extract(epoch from clock_timestamp() - xact_start) as transaction_s
    from pg_stat_activity
    where backend_type = 'client backend' and pid <> pg_backend_pid()
) as connected
