"""What an application imports to be measured: record() writes the trace, request(), span() and timed() add to it, hooks see the rest."""

from __future__ import annotations

from perfkit.trace.recorder import Recorder
from perfkit.trace.spans import request, span
from perfkit.trace.timed import timed

record = Recorder

__all__ = ["record", "request", "span", "timed"]
