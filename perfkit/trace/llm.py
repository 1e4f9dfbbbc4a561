"""A call of a language model → llm span: model, tokens and hashes of prompt and template; never a word of either."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from perfkit.trace.fingerprint import text_hash
from perfkit.trace.recorder import Span
from perfkit.trace.spans import span


@contextmanager
def chat(model: str, prompt: str, template: str | None = None) -> Iterator[Span]:
    """Records the call made inside; tell it the usage with set(input_tokens=…, output_tokens=…)."""
    block = span("llm", f"chat {model}", model=model, input_tokens=None, output_tokens=None, prompt_hash=text_hash(prompt))
    with block as current:
        current.fingerprint = text_hash(template if template is not None else prompt)
        yield current
