-- How much of each b-tree's leaf pages is empty? Reads every index whole.
select /* perfkit */ jsonb_build_object(
    'indexrelid', own.indexrelid,
    'bloat_bytes', round(
        current_setting('block_size')::numeric
        * (measured.deleted_pages + measured.empty_pages + measured.leaf_pages * greatest(0, 1 - measured.avg_leaf_density::numeric / 90))
    )
)
from pg_stat_user_indexes as counted
join pg_index as own using (indexrelid)
join pg_class as itself on itself.oid = own.indexrelid
join pg_am as method on method.oid = itself.relam and method.amname = 'btree'
cross join lateral {schema}.pgstatindex(own.indexrelid::regclass) as measured
where own.indisvalid and measured.leaf_pages > 0
