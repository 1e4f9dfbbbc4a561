-- The fix of the vector search: an approximate index instead of a scan that measures the distance to every persona.
create index personas_embedding on personas using hnsw (embedding vector_cosine_ops)
