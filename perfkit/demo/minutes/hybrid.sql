-- The ten chunks that fit a query best: by meaning and by words, the two rankings merged by their reciprocal ranks.
-- score: a chunk that is first in both rankings has 2/61.
with by_meaning as (
    select chunk_id, row_number() over (order by distance) as place
    from (select chunk_id, embedding <=> cast(:embedding as vector) as distance from chunks order by distance limit 40) as nearest
),
by_words as (
    select chunk_id, row_number() over (order by fit desc, chunk_id) as place
    from (
        select chunk_id, ts_rank(words, plainto_tsquery('simple', :query)) as fit
        from chunks
        where words @@ plainto_tsquery('simple', :query)
        order by fit desc, chunk_id
        limit 40
    ) as fitting
)
select chunk_id, meeting_id, content, coalesce(1.0 / (60 + by_meaning.place), 0) + coalesce(1.0 / (60 + by_words.place), 0) as score
from by_meaning full join by_words using (chunk_id) join chunks using (chunk_id)
order by score desc, chunk_id
limit 10
