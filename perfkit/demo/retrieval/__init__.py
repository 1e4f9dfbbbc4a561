"""A stand-in for an orchestrator of local models: retrieval over a vector index, queries of two tiers, models that are started and switched."""
