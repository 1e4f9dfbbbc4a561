"""Every number in the five agent documents: the file, the words, the number, and what in a pack holds it."""

from __future__ import annotations

from typing import NamedTuple

SIGHT, REVIEW, SYNAPSE, LOKI, MINUTES = (
    "000_d19a81c54ee0c35d.txt",
    "001_c8442adda073b4ca.txt",
    "002_470217fe96ad4e33.txt",
    "003_87903a5da4003cdd.txt",
    "004_f04f15bcae2e4651.txt",
)
PACK_OF = {SIGHT: "sight", REVIEW: "sight", SYNAPSE: "synapse", LOKI: "loki", MINUTES: "meeting_minutes"}

SYMPTOM = "what a user complains about in an example"
EXAMPLE = "what code in an example takes"
NOW = "what it takes today"
NAME = "part of a name"
CODE = "arithmetic of example code"
PRINTED = "a statistic that a benchmark prints"


class Target(NamedTuple):
    """Held by a target with this label."""

    label: str


class Constraint(NamedTuple):
    """Held by a constraint with this label."""

    label: str


class Parameter(NamedTuple):
    """Held by the parameter of this name."""

    name: str


class Pool(NamedTuple):
    """Held by the rule for pools."""

    end: str


class NoLimit(NamedTuple):
    """Not held by the pack."""

    reason: str


class Said(NamedTuple):
    """One number in one place."""

    document: str
    words: str
    number: str
    held: Target | Constraint | Parameter | Pool | NoLimit


P95 = Target("API P95 latency: <500ms (95th percentile)")
EACH = Target("Persona generation: <5s per persona")
TWENTY = Target("20 personas generation: <60s total")
ANSWER = Target("Focus group response: <3s per persona response")
GROUP = Target("Focus group response: 20 personas × 4 questions < 3min")
POOL = Target("Database Connection Pool: Min 5, Max 20 connections")
BATCH = Parameter("personas of a batch")
DOCKER, METAL, ON_CPU = Target("Docker startup: <5s"), Target("Model startup (Metal): <5s"), Target("Model startup (CPU): <15s")
COLD, WARM = Target("CGRAG retrieval (cold): <100ms"), Target("CGRAG retrieval (warm): <50ms")
FRAMES = Target("UI animations: 60fps")
VALIDATION = Target("Total validation: <2 seconds typical document")
QUERIES = Target("Database queries: <100ms")
WITHIN_A_SECOND = Target("Search response: < 1 second")

NUMBERS = (
    # Sight, performance-optimizer
    Said(SIGHT, "The focus group generation is taking 8 minutes for 20 personas", "8 min", NoLimit(SYMPTOM)),
    Said(SIGHT, "The focus group generation is taking 8 minutes for 20 personas", "20", BATCH),
    Said(SIGHT, "We're launching to 500 users next week", "500", Target("Plan for scale: Consider 500+ users")),
    Said(SIGHT, "It used to load in 200ms", "200 ms", NoLimit(SYMPTOM)),
    Said(SIGHT, "now it's taking 2 seconds", "2 s", NoLimit(SYMPTOM)),
    Said(SIGHT, "N+1", "1", NoLimit(NAME)),
    Said(SIGHT, "**API P95 latency**: <500ms (95th percentile)", "500 ms", P95),
    Said(SIGHT, "**API P95 latency**: <500ms (95th percentile)", "95", P95),
    Said(SIGHT, "**Persona generation**: <5s per persona", "5 s", EACH),
    Said(SIGHT, "currently ~45s for 20 personas", "45 s", NoLimit(NOW)),
    Said(SIGHT, "currently ~45s for 20 personas", "20", BATCH),
    Said(SIGHT, "~2.25s each", "2.25 s", NoLimit(NOW)),
    Said(SIGHT, "**Focus group response**: <3s per persona response", "3 s", ANSWER),
    Said(SIGHT, "target: 20 personas × 4 questions < 3min", "20", GROUP),
    Said(SIGHT, "target: 20 personas × 4 questions < 3min", "4", GROUP),
    Said(SIGHT, "target: 20 personas × 4 questions < 3min", "3 min", GROUP),
    Said(SIGHT, "**Hybrid search (RAG)**: <250ms for retrieval", "250 ms", Target("Hybrid search (RAG): <250ms for retrieval")),
    Said(SIGHT, "**Redis cache hit ratio**: >80%", "80 %", Target("Redis cache hit ratio: >80%")),
    Said(SIGHT, "**Frontend bundle size**: <500KB", "500 KB", Target("Frontend bundle size: <500KB")),
    Said(SIGHT, "**20 personas generation**: <60s total", "20", TWENTY),
    Said(SIGHT, "**20 personas generation**: <60s total", "60 s", TWENTY),
    Said(SIGHT, "<60s total (currently ~45s ✓)", "45 s", NoLimit(NOW)),
    Said(SIGHT, "Neo4j", "4", NoLimit(NAME)),
    Said(SIGHT, "React 18 + TypeScript", "18", NoLimit(NAME)),
    Said(SIGHT, "multi-stage Dockerfile (84% size reduction achieved)", "84 %", NoLimit("what was reached already")),
    Said(SIGHT, "persona:gen:v2:{project_id}:{segment_hash}", "2", NoLimit(NAME)),
    Said(SIGHT, "TTL tuning**: Balance freshness vs hit ratio (persona generation: 1h", "1 h", Parameter("persona cache time to live")),
    Said(SIGHT, "segments: 24h", "24 h", Parameter("segment cache time to live")),
    Said(SIGHT, "personas:project:{project_id}:v1", "1", NoLimit(NAME)),
    Said(SIGHT, "await redis.setex(key, 3600, json.dumps(personas))", "3600 s", Parameter("persona cache time to live")),
    Said(SIGHT, "# 1h TTL", "1 h", Parameter("persona cache time to live")),
    Said(SIGHT, "# BAD: Sequential (20 personas × 3s = 60s)", "20", BATCH),
    Said(SIGHT, "# BAD: Sequential (20 personas × 3s = 60s)", "3 s", NoLimit(EXAMPLE)),
    Said(SIGHT, "# BAD: Sequential (20 personas × 3s = 60s)", "60 s", NoLimit(EXAMPLE)),
    Said(SIGHT, "persona = await generate_persona(segment)  # 3s each", "3 s", NoLimit(EXAMPLE)),
    Said(SIGHT, "# GOOD: Parallel (20 personas in ~3s)", "20", BATCH),
    Said(SIGHT, "# GOOD: Parallel (20 personas in ~3s)", "3 s", NoLimit(EXAMPLE)),
    Said(SIGHT, "num_personas=20", "20", BATCH),
    Said(SIGHT, "**Plan for scale**: Consider 500+ users", "500", Target("Plan for scale: Consider 500+ users")),
    Said(SIGHT, "**Cloud Run limitations**: Max 4GB memory", "4 GB", Target("Cloud Run limitations: Max 4GB memory")),
    Said(SIGHT, "Max 4GB memory, 3600s timeout", "3600 s", Target("Cloud Run limitations: 3600s timeout")),
    Said(SIGHT, "**Max 700 lines**", "700", Parameter("longest document")),
    # Sight, architecture-performance-optimizer
    Said(REVIEW, "The focus group discussion endpoint is taking over 2 seconds to respond", "2 s", NoLimit(SYMPTOM)),
    Said(REVIEW, "slow endpoint performance (>500ms target)", "500 ms", P95),
    Said(REVIEW, "When latency metrics exceed targets (>500ms P95)", "500 ms", P95),
    Said(REVIEW, "When latency metrics exceed targets (>500ms P95)", "95", P95),
    Said(REVIEW, "N+1", "1", NoLimit(NAME)),
    Said(REVIEW, "endpoint latency percentiles (P50, P95, P99)", "50", NoLimit("percentiles to look at, without a limit")),
    Said(REVIEW, "endpoint latency percentiles (P50, P95, P99)", "95", P95),
    Said(REVIEW, "endpoint latency percentiles (P50, P95, P99)", "99", NoLimit("percentiles to look at, without a limit")),
    Said(REVIEW, "# BAD: Sequential (20 personas = 100s)", "20", BATCH),
    Said(REVIEW, "# BAD: Sequential (20 personas = 100s)", "100 s", NoLimit(EXAMPLE)),
    Said(REVIEW, "response = await llm.ainvoke(messages)  # 5s each", "5 s", NoLimit(EXAMPLE)),
    Said(REVIEW, "# GOOD: Parallel (20 personas = 5s)", "20", BATCH),
    Said(REVIEW, "# GOOD: Parallel (20 personas = 5s)", "5 s", NoLimit(EXAMPLE)),
    Said(REVIEW, "# BAD: N+1 queries (1 + N)", "1", NoLimit(NAME)),
    Said(REVIEW, "sight:v2:persona:{persona_id}:project:{project_id}", "2", NoLimit(NAME)),
    Said(REVIEW, "stop=stop_after_attempt(3)", "3", Parameter("attempts at a model call")),
    Said(REVIEW, "wait=wait_exponential(multiplier=1, min=2, max=10)", "1", Parameter("wait between attempts")),
    Said(REVIEW, "wait=wait_exponential(multiplier=1, min=2, max=10)", "2 s", Parameter("wait between attempts")),
    Said(REVIEW, "wait=wait_exponential(multiplier=1, min=2, max=10)", "10 s", Parameter("wait between attempts")),
    Said(REVIEW, "**API Latency P95**: <500ms", "95", P95),
    Said(REVIEW, "**API Latency P95**: <500ms", "500 ms", P95),
    Said(REVIEW, "(reject implementations >1s)", "1 s", P95),
    Said(REVIEW, "**Persona Generation**: <5s per persona", "5 s", EACH),
    Said(REVIEW, "**Focus Group Response**: <3s per persona per question", "3 s", ANSWER),
    Said(REVIEW, "**Bulk Persona Generation (20 personas)**: <60s total", "20", TWENTY),
    Said(REVIEW, "**Bulk Persona Generation (20 personas)**: <60s total", "60 s", TWENTY),
    Said(REVIEW, "**Cache Hit Ratio**: >80% for repeated queries", "80 %", Constraint("Cache Hit Ratio: >80% for repeated queries")),
    Said(REVIEW, "**Database Connection Pool**: Min 5, Max 20 connections", "5", Pool("smallest")),
    Said(REVIEW, "**Database Connection Pool**: Min 5, Max 20 connections", "20", POOL),
    Said(REVIEW, "critical performance bugs (P0)", "0", NoLimit("a priority of findings")),
    Said(REVIEW, "important optimizations (P1)", "1", NoLimit("a priority of findings")),
    Said(REVIEW, "nice-to-have refactorings (P2)", "2", NoLimit("a priority of findings")),
    Said(REVIEW, "What's the current P95 latency for this endpoint?", "95", P95),
    Said(REVIEW, "Neo4j", "4", NoLimit(NAME)),
    Said(REVIEW, "**i18n support**", "18", NoLimit(NAME)),
    # S.Y.N.A.P.S.E. ENGINE
    Said(SYNAPSE, "Docker startup taking >5s", "5 s", DOCKER),
    Said(SYNAPSE, "model loading exceeding 15s", "15 s", ON_CPU),
    Said(SYNAPSE, "CGRAG retrieval >100ms", "100 ms", COLD),
    Said(SYNAPSE, "it's taking 12-15 seconds, exceeding the 5s target for Metal acceleration", "12 s", NoLimit(SYMPTOM)),
    Said(SYNAPSE, "it's taking 12-15 seconds, exceeding the 5s target for Metal acceleration", "15 s", NoLimit(SYMPTOM)),
    Said(SYNAPSE, "it's taking 12-15 seconds, exceeding the 5s target for Metal acceleration", "5 s", METAL),
    Said(SYNAPSE, "model startup is taking 12-15 seconds", "12 s", NoLimit(SYMPTOM)),
    Said(SYNAPSE, "model startup is taking 12-15 seconds", "15 s", NoLimit(SYMPTOM)),
    Said(SYNAPSE, "We need it under 5 seconds for Metal", "5 s", METAL),
    Said(SYNAPSE, "Sequential GGUF file loading from disk (8-10s)", "8 s", NoLimit(EXAMPLE)),
    Said(SYNAPSE, "Sequential GGUF file loading from disk (8-10s)", "10 s", NoLimit(EXAMPLE)),
    Said(SYNAPSE, "Tokenizer initialization (1-2s)", "1 s", NoLimit(EXAMPLE)),
    Said(SYNAPSE, "Tokenizer initialization (1-2s)", "2 s", NoLimit(EXAMPLE)),
    Said(SYNAPSE, "Context allocation (0.5-1s)", "0.5 s", NoLimit(EXAMPLE)),
    Said(SYNAPSE, "Context allocation (0.5-1s)", "1 s", NoLimit(EXAMPLE)),
    Said(SYNAPSE, "taking 2-3 seconds instead of the <100ms target", "2 s", NoLimit(SYMPTOM)),
    Said(SYNAPSE, "taking 2-3 seconds instead of the <100ms target", "3 s", NoLimit(SYMPTOM)),
    Said(SYNAPSE, "taking 2-3 seconds instead of the <100ms target", "100 ms", COLD),
    Said(SYNAPSE, "the first query takes 2-3 seconds", "2 s", NoLimit(SYMPTOM)),
    Said(SYNAPSE, "the first query takes 2-3 seconds", "3 s", NoLimit(SYMPTOM)),
    Said(SYNAPSE, "Subsequent queries are around 80ms", "80 ms", NoLimit(SYMPTOM)),
    Said(SYNAPSE, "After 10 switches, I'm up 2GB from baseline", "10", Parameter("model switches of a leak test")),
    Said(
        SYNAPSE,
        "After 10 switches, I'm up 2GB from baseline",
        "2 GB",
        Constraint("Memory usage does not grow with model switches (after 10 switches, up 2GB from baseline)"),
    ),
    Said(SYNAPSE, "(FAST <2s, BALANCED <5s, DEEP <15s)", "2 s", Target("Simple query (FAST): <2s")),
    Said(SYNAPSE, "(FAST <2s, BALANCED <5s, DEEP <15s)", "5 s", Target("Query routing latency: BALANCED <5s")),
    Said(SYNAPSE, "(FAST <2s, BALANCED <5s, DEEP <15s)", "15 s", Target("Query routing latency: DEEP <15s")),
    Said(SYNAPSE, "| Docker startup | <5s |", "5 s", DOCKER),
    Said(SYNAPSE, "| Model startup (Metal) | <5s |", "5 s", METAL),
    Said(SYNAPSE, "| Model startup (CPU) | <15s |", "15 s", ON_CPU),
    Said(SYNAPSE, "| CGRAG retrieval (cold) | <100ms |", "100 ms", COLD),
    Said(SYNAPSE, "| CGRAG retrieval (warm) | <50ms |", "50 ms", WARM),
    Said(SYNAPSE, "| Simple query (FAST) | <2s |", "2 s", Target("Simple query (FAST): <2s")),
    Said(SYNAPSE, "| Two-stage query | <15s |", "15 s", Target("Two-stage query: <15s")),
    Said(SYNAPSE, "| UI animations | 60fps |", "60 /s", FRAMES),
    Said(SYNAPSE, "| WebSocket latency | <50ms |", "50 ms", Target("WebSocket latency: <50ms")),
    Said(SYNAPSE, '"--mmap", "1"', "1", Parameter("memory-mapped model files")),
    Said(SYNAPSE, '"--mlock", "0"', "0", Parameter("locked model memory")),
    Said(SYNAPSE, '"-ngl", "99"', "99", Parameter("model layers on the processor of graphics")),
    Said(SYNAPSE, "faiss.IndexFlatL2(dimension)", "2", NoLimit(NAME)),
    Said(SYNAPSE, "faiss.IndexIVFFlat(quantizer, dimension, 100)", "100", Parameter("cells of the FAISS index")),
    Said(SYNAPSE, "index.nprobe = 10  # Search 10 nearest clusters", "10", Parameter("cells searched")),
    Said(SYNAPSE, "model.process.wait(timeout=5)", "5 s", Parameter("wait for a model process to end")),
    Said(SYNAPSE, "@lru_cache(maxsize=100)", "100", Parameter("searches kept in the cache")),
    Said(SYNAPSE, "k: int = 5", "5", Parameter("neighbours of a search")),
    Said(SYNAPSE, "remove_count = self.max_size // 5", "5", Parameter("share of old entries dropped at once")),
    Said(SYNAPSE, "For UI performance and 60fps animations", "60 /s", FRAMES),
    # LOKI
    Said(LOKI, "Identify the 5 slowest gates", "5", Parameter("slowest gates to profile")),
    Said(LOKI, "The document validation pipeline is taking 5+ seconds for typical documents", "5 s", NoLimit(SYMPTOM)),
    Said(LOKI, "Identify top 3 bottlenecks", "3", Parameter("bottlenecks to name")),
    Said(LOKI, "Target: Reduce to <2 seconds", "2 s", VALIDATION),
    Said(LOKI, "Reduce API calls by 40%", "40 %", Target("Reduce API calls by 40%")),
    Said(LOKI, "Cache hit rate target: >70%", "70 %", Target("Cache hit rate: >70%")),
    Said(LOKI, "Latency reduction: >50%", "50 %", Target("Latency reduction: >50%")),
    Said(LOKI, "Target: All queries <100ms", "100 ms", QUERIES),
    Said(LOKI, "Gate execution: <200ms per gate", "200 ms", Target("Gate execution: <200ms per gate")),
    Said(LOKI, "Total validation: <2 seconds typical document", "2 s", VALIDATION),
    Said(LOKI, "API calls: <5 per validation", "5", Target("API calls: <5 per validation")),
    Said(LOKI, "Cache hit rate: >70%", "70 %", Target("Cache hit rate: >70%")),
    Said(LOKI, "Database queries: <100ms", "100 ms", QUERIES),
    Said(LOKI, "API token reduction: >40%", "40 %", Target("API token reduction: >40%")),
    Said(LOKI, "Memory usage: <500MB per process", "500 MB", Target("Memory usage: <500MB per process")),
    Said(LOKI, "CPU utilization: <70% peak", "70 %", Target("CPU utilization: <70% peak")),
    Said(LOKI, "Cache efficiency: >70% hit rate", "70 %", Target("Cache efficiency: >70% hit rate")),
    Said(LOKI, "Connection pooling: >80% reuse", "80 %", Target("Connection pooling: >80% reuse")),
    Said(LOKI, "Support 100+ concurrent validations", "100", Target("Support 100+ concurrent validations")),
    Said(LOKI, "{duration*1000:.2f}ms", "1000", NoLimit(CODE)),
    Said(LOKI, "Cache(ttl=3600)  # 1 hour TTL", "3600 s", Parameter("cache time to live")),
    Said(LOKI, "Cache(ttl=3600)  # 1 hour TTL", "1 h", Parameter("cache time to live")),
    Said(LOKI, "hashlib.sha256(text.encode()).hexdigest()", "256", NoLimit(NAME)),
    Said(LOKI, "self.batch_size = 5", "5", Parameter("texts of a batch")),
    Said(LOKI, "for i in range(0, len(texts), self.batch_size)", "0", NoLimit(CODE)),
    Said(LOKI, "claude-3-5-sonnet-20241022", "3", NoLimit(NAME)),
    Said(LOKI, "max_tokens=4096", "4096", Parameter("most tokens of an answer")),
    Said(LOKI, "sqlite3", "3", NoLimit(NAME)),
    Said(LOKI, "LIMIT 100", "100", Parameter("rows of a document's history")),
    Said(LOKI, "iterations: int = 100", "100", Parameter("validations of a benchmark")),
    Said(LOKI, "time*1000:.2f}ms", "1000", NoLimit(CODE)),
    Said(LOKI, "concurrent_users: int = 10", "10", Parameter("users of the load test script")),
    Said(LOKI, "Total time: {end-start:.2f}s", "2", NoLimit(CODE)),
    Said(LOKI, "Requests/second: {concurrent_users/(end-start):.2f}", "2", NoLimit(CODE)),
    Said(LOKI, "warmup_runs: int = 5", "5", Parameter("warm-up runs of a benchmark")),
    Said(LOKI, "test_runs: int = 100", "100", Parameter("test runs of a benchmark")),
    Said(LOKI, "(times) * 1000", "1000", NoLimit(CODE)),
    Said(LOKI, "statistics.quantiles(times, n=20)[18]", "18", NoLimit(CODE)),
    Said(LOKI, "statistics.quantiles(times, n=100)[98]", "98", NoLimit(CODE)),
    Said(LOKI, "'p95': statistics.quantiles(times, n=20)[18] * 1000", "20", NoLimit(CODE)),
    Said(LOKI, "'p99': statistics.quantiles(times, n=100)[98] * 1000", "100", NoLimit(CODE)),
    Said(LOKI, "P95:     {results['p95']", "95", NoLimit(PRINTED)),
    Said(LOKI, "P99:     {results['p99']", "99", NoLimit(PRINTED)),
    Said(LOKI, "{'='*60}", "60", NoLimit(CODE)),
    Said(LOKI, ":.2f}ms", "2", NoLimit(CODE)),
    # Meeting Minutes
    Said(MINUTES, "**Search response**: < 1 second", "1 s", WITHIN_A_SECOND),
    Said(MINUTES, "**Memory usage**: < 500MB", "500 MB", Target("Memory (Worker): < 500MB")),
    Said(MINUTES, "**CPU usage**: < 30% idle", "30 %", Target("CPU idle: < 30%")),
    Said(MINUTES, "Task 4.4: Performance Optimization", "4.4", NoLimit(NAME)),
    Said(MINUTES, "**Search Latency**: Optimize hybrid search to < 1s", "1 s", WITHIN_A_SECOND),
    Said(MINUTES, "| Search latency (P50) | < 500ms |", "50", Target("Search latency (P50): < 500ms")),
    Said(MINUTES, "| Search latency (P50) | < 500ms |", "500 ms", Target("Search latency (P50): < 500ms")),
    Said(MINUTES, "| Search latency (P99) | < 1000ms |", "99", Target("Search latency (P99): < 1000ms")),
    Said(MINUTES, "| Search latency (P99) | < 1000ms |", "1000 ms", Target("Search latency (P99): < 1000ms")),
    Said(MINUTES, "| Embedding generation | < 100ms/chunk |", "100 ms", Target("Embedding generation: < 100ms/chunk")),
    Said(MINUTES, "| Memory (Worker) | < 500MB |", "500 MB", Target("Memory (Worker): < 500MB")),
    Said(MINUTES, "| CPU idle | < 30% |", "30 %", Target("CPU idle: < 30%")),
    Said(MINUTES, "WITH (lists = 100)", "100", Parameter("IVFFlat lists")),
    Said(MINUTES, "SET ivfflat.probes = 10", "10", Parameter("IVFFlat probes")),
    Said(MINUTES, "batch_size: int = 32", "32", Parameter("chunks of a batch")),
    Said(MINUTES, "for i in range(0, len(texts), batch_size)", "0", NoLimit(CODE)),
    Said(MINUTES, "migrations/002_*.sql", "2", NoLimit(NAME)),
    Said(MINUTES, "--headless -u 10 -r 1", "10", Parameter("users of the load test")),
    Said(MINUTES, "--headless -u 10 -r 1", "1", Parameter("users started a second")),
)
"""Numbers of list entries and of headings are left out."""

WITHOUT_A_NUMBER = (
    Said(LOKI, "Linear scaling with resources", "", Target("Linear scaling with resources")),
    Said(LOKI, "No performance degradation", "", Constraint("No performance degradation")),
    Said(LOKI, "Stable under load", "", Constraint("Stable under load")),
    Said(LOKI, "Graceful failure handling", "", Constraint("Graceful failure handling")),
    Said(LOKI, "No degradation in detection accuracy", "", Constraint("No degradation in detection accuracy")),
    Said(LOKI, "All tests pass", "", Constraint("All tests pass")),
    Said(LOKI, "Gold standard maintained", "", Constraint("Gold standard maintained")),
    Said(LOKI, "False positive/negative rates unchanged", "", Constraint("False positive/negative rates unchanged")),
    Said(MINUTES, "| Vector search | O(log n) |", "", Target("Vector search: O(log n)")),
    Said(MINUTES, "lists = sqrt(n), probes = sqrt(lists)", "", Parameter("IVFFlat lists by rows")),
    Said(MINUTES, "lists = sqrt(n), probes = sqrt(lists)", "", Parameter("IVFFlat probes by lists")),
    Said(MINUTES, "Ensure no memory leaks", "", Constraint("Ensure no memory leaks")),
    Said(
        SIGHT,
        "Google Gemini has quota limits (respect retry-after headers)",
        "",
        Constraint("Google Gemini has quota limits (respect retry-after headers)"),
    ),
    Said(SIGHT, "Upstash has memory limits (monitor cache size, use TTL)", "", Constraint("Upstash has memory limits (monitor cache size, use TTL)")),
)
"""What the documents demand in words."""

DERIVED = {
    ("sight", "Persona generation: <5s per persona (a batch of 20, divided by 20)"): "20 × 5 s",
    ("meeting_minutes", "CPU idle: < 30% (idle share under load)"): "100 % − 30 %",
    ("meeting_minutes", "Vector search: O(log n)"): "the exponent that perfkit calls sub-linear",
    ("loki", "Linear scaling with resources (throughput with concurrent validations)"): "the least exponent that perfkit calls linear",
    ("loki", "Linear scaling with resources (time with the size of the work)"): "the largest exponent that perfkit calls linear",
    ("loki", "Support 100+ concurrent validations"): "the limit of one validation, 2 s",
}
"""Limits of targets that stand in no document as they are, and where they come from."""
