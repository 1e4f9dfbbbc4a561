"""The service's client of a language model: one prompt, one answer, one llm span."""

from __future__ import annotations

import httpx

from perfkit.trace.llm import chat

MODEL = "persona-small"
_SECONDS = 10.0


class LanguageModel:
    """Asks one server over one pool of connections."""

    def __init__(self, url: str) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=_SECONDS)

    async def ask(self, prompt: str, template: str) -> str:
        """The model's answer; the template is the prompt before anything was filled in."""
        body = {"model": MODEL, "messages": [{"role": "user", "content": prompt}]}
        with chat(MODEL, prompt, template) as call:
            response = await self._client.post("/v1/chat/completions", json=body)
            reply = response.raise_for_status().json()
            call.set(input_tokens=reply["usage"]["prompt_tokens"], output_tokens=reply["usage"]["completion_tokens"])
        return str(reply["choices"][0]["message"]["content"])

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()
