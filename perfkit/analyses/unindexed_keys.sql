-- Which foreign keys does no index of the referring table help?
-- relation, columns: who refers, as SQL names them.   referenced: to whom.   rows_live, bytes: of the referring table.
-- deleted, updated: rows of the referenced table between since and until; each deletion looks for rows that refer to it.
with tables as (
    select run_id, "schema" || '.' || relation as name, rows_live, bytes, deleted, updated from table_stats where list_contains($run_ids, run_id)
)
select
    own.run_id,
    own.constraint_name,
    own.relation,
    own.columns,
    own.referenced,
    referring.rows_live,
    referring.bytes,
    target.deleted,
    target.updated
from foreign_keys as own
left join tables as referring on referring.run_id = own.run_id and referring.name = replace(own.relation, '"', '')
left join tables as target on target.run_id = own.run_id and target.name = replace(own.referenced, '"', '')
where list_contains($run_ids, own.run_id) and not own.indexed
order by own.run_id, own.relation, own.constraint_name;
