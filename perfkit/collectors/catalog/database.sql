-- What did the server count for this database? All columns that its version of the view has.
select /* perfkit */ to_jsonb(counted) from pg_stat_database as counted where datname = current_database()
