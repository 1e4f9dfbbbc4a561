-- Which foreign keys are there, and does an index of the referring table begin with their columns?
-- A partial index serves when it leaves out nulls alone: the check of a key never looks for a null.
select /* perfkit */ jsonb_build_object(
    'constraint_name', own.conname,
    'relation', (select format('%I.%I', nspname, relname) from pg_class as c join pg_namespace as n on n.oid = relnamespace where c.oid = own.conrelid),
    'columns', names.columns,
    'referenced', (select format('%I.%I', nspname, relname) from pg_class as c join pg_namespace as n on n.oid = relnamespace where c.oid = own.confrelid),
    'indexed', exists (
        select
        from pg_index as helper
        join pg_class as itself on itself.oid = helper.indexrelid
        join pg_am as method on method.oid = itself.relam
        where helper.indrelid = own.conrelid and helper.indisvalid and method.amname in ('btree', 'hash')
            and (
                helper.indpred is null
                or pg_get_expr(helper.indpred, helper.indrelid, true) in (select name || ' IS NOT NULL' from jsonb_array_elements_text(names.columns) as name)
            )
            and (helper.indkey::int2[])[0:cardinality(own.conkey) - 1] @> own.conkey
            and helper.indnkeyatts >= cardinality(own.conkey)
    )
)
from pg_constraint as own
cross join lateral (
    select jsonb_agg(quote_ident(part.attname) order by place.number) as columns
    from unnest(own.conkey) with ordinality as place(attnum, number)
    join pg_attribute as part on part.attrelid = own.conrelid and part.attnum = place.attnum
) as names
where own.contype = 'f' and own.conparentid = 0
