"""Benchmarks print ratios against a peer or a limit, measured side by side in one run; they are never tests."""
