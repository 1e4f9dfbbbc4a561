"""Findings, verdicts and figures in one markdown document, every number of which can be computed again."""
