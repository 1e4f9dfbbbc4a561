-- What did the server count for each table? All columns that its version of the views has, and sizes.
select /* perfkit */ to_jsonb(counted) || to_jsonb(buffers)
    || jsonb_build_object('bytes', pg_table_size(counted.relid), 'index_bytes', pg_indexes_size(counted.relid))
from pg_stat_user_tables as counted join pg_statio_user_tables as buffers using (relid)
