-- What did the server count for each index, and how is it defined?
-- keys: each key with its operator class, collation and order, so that equal keys can serve each other's searches.
-- is_valid: null while the index is being built.   parent_index: the index of the partitioned table that it belongs to.
-- null_fraction: of the first key.   expected_bytes: size of a b-tree freshly built from the columns' average widths; deduplicated it is smaller.
select /* perfkit */ to_jsonb(counted) || jsonb_build_object(
    'definition', pg_get_indexdef(counted.indexrelid),
    'method', method.amname,
    'columns', (select jsonb_agg(pg_get_indexdef(own.indexrelid, place, true) order by place) from generate_series(1, own.indnkeyatts) as place),
    'included', (
        select coalesce(jsonb_agg(pg_get_indexdef(own.indexrelid, place, true) order by place), '[]')
        from generate_series(own.indnkeyatts + 1, own.indnatts) as place
    ),
    'keys', (
        select jsonb_agg(
            concat_ws(' ', pg_get_indexdef(own.indexrelid, place, true), class.opcname, own.indcollation[place - 1], own.indoption[place - 1])
            order by place
        )
        from generate_series(1, own.indnkeyatts) as place join pg_opclass as class on class.oid = own.indclass[place - 1]
    ),
    'predicate', pg_get_expr(own.indpred, own.indrelid, true),
    'is_unique', own.indisunique,
    'is_primary', own.indisprimary,
    'is_constraint', own.indisreplident or own.indisexclusion or exists (select from pg_constraint where conindid = own.indexrelid),
    'is_valid', case
        when exists (select from pg_stat_progress_create_index where index_relid = own.indexrelid) then null
        else own.indisvalid and own.indisready
    end,
    'parent_index', (select inhparent::regclass::text from pg_inherits where inhrelid = own.indexrelid),
    'bytes', pg_relation_size(own.indexrelid),
    'null_fraction', (
        select stats.null_frac
        from pg_attribute as key join pg_stats as stats on stats.attname = key.attname and stats.schemaname = counted.schemaname
        where not stats.inherited and (
            key.attrelid = own.indrelid and key.attnum = own.indkey[0] and stats.tablename = counted.relname
            or key.attrelid = own.indexrelid and key.attnum = 1 and own.indkey[0] = 0 and stats.tablename = counted.indexrelname
        )
    ),
    'expected_bytes', case
        when method.amname = 'btree' and own.indexprs is null and itself.reltuples > 0 and entry.known = own.indnatts
        then ceil(
            itself.reltuples * (8 + 8 * ceil(entry.width / 8) + 4)
            / ((page.bytes - 40) * coalesce((select option_value::float8 from pg_options_to_table(itself.reloptions) where option_name = 'fillfactor'), 90) / 100)
        ) * page.bytes
    end
)
from pg_stat_user_indexes as counted
join pg_index as own using (indexrelid)
join pg_class as itself on itself.oid = own.indexrelid
join pg_am as method on method.oid = itself.relam
cross join (select current_setting('block_size')::float8 as bytes) as page
cross join lateral (
    select count(*) as known, sum(stats.avg_width * (1 - stats.null_frac)) as width
    from unnest(own.indkey::int2[]) as place(attnum)
    join pg_attribute as part on part.attrelid = own.indrelid and part.attnum = place.attnum
    join pg_stats as stats
        on stats.schemaname = counted.schemaname and stats.tablename = counted.relname and stats.attname = part.attname and not stats.inherited
) as entry
