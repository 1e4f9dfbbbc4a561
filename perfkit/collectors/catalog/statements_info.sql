-- When were the counters of statements last reset, and how often was one thrown out to make room?
select /* perfkit */ to_jsonb(known) from {schema}.pg_stat_statements_info as known
