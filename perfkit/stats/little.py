"""Little's law in a closed loop: as many users are at work, waiting or pausing, as were asked for."""

from __future__ import annotations

from dataclasses import dataclass

MOST_OFF = 0.10
"""Share of the users beyond which the log or the load generator is suspect."""


@dataclass(frozen=True, slots=True)
class ClosedLoop:
    """Users who send, wait for the answer, pause and send again."""

    users: float
    seconds: float
    per_second: float
    in_flight: float
    """Requests open on average: throughput times response time."""
    pause_s: float
    longest_s: float
    """Requests that are open at either end blur the sum by their length."""

    @property
    def at_work(self) -> float:
        """X·(R+Z), which is N in a loop that keeps everyone busy."""
        return self.in_flight + self.per_second * self.pause_s

    def is_off(self, overhead_s: float = 0.0) -> bool:
        """Whether neither the blur explains the difference nor the time that the generator takes between an answer and the next request."""
        blur = (self.longest_s + self.pause_s) / self.seconds
        return abs(self.users - self.at_work) > (MOST_OFF + blur) * self.users + self.per_second * overhead_s
