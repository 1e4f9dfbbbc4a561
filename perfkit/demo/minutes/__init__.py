"""Search in minutes of meetings: chunks with embeddings and words in PostgreSQL, a worker that embeds, in a slow and in a fixed variant."""
