-- What did the server count for each statement of this database? All columns that its version of the view has, and the role's name.
select /* perfkit */ to_jsonb(counted) || jsonb_build_object('user_name', pg_get_userbyid(counted.userid))
from {schema}.pg_stat_statements as counted
where counted.dbid = (select oid from pg_database where datname = current_database())
