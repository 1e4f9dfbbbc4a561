"""What visitors of the service ask for, and how often: the list that load tests and the exercise share."""

from __future__ import annotations

from dataclasses import dataclass

from perfkit.demo.data import FOCUS_GROUPS, PROJECTS

_PROJECTS = range(1, PROJECTS + 1)
_SUBJECTS = ("nurses", "young parents", "cyclists", "gardeners", "night workers")
_WISHES = ("who save energy", "who cook at home", "who distrust banks", "who travel by train", "who care for privacy")
_MOODS = ("in a hurry", "on a budget")

QUERIES = tuple(f"{subject} {wish} {mood}" for subject in _SUBJECTS for wish in _WISHES for mood in _MOODS)


@dataclass(frozen=True, slots=True)
class Request:
    """One kind of request; whoever sends it takes the paths in turn or at random."""

    name: str
    """Method and route template, as the trace names it."""
    method: str
    paths: tuple[str, ...]
    body: str | None
    """JSON, or None when nothing is sent."""
    weight: int
    """How often it comes, compared with the others."""


REQUESTS = (
    Request("GET /projects/{project_id}/personas", "GET", tuple(f"/projects/{project}/personas" for project in _PROJECTS), None, 8),
    Request("GET /personas/search", "GET", tuple(f"/personas/search?q={query.replace(' ', '%20')}" for query in QUERIES), None, 6),
    Request(
        "POST /focus-groups/{group_id}/responses",
        "POST",
        tuple(f"/focus-groups/{group}/responses" for group in range(1, FOCUS_GROUPS + 1)),
        "{}",
        2,
    ),
    Request("GET /dashboard", "GET", ("/dashboard",), None, 3),
    Request("GET /projects/{project_id}/matches", "GET", tuple(f"/projects/{project}/matches" for project in _PROJECTS), None, 2),
    Request("GET /health", "GET", ("/health",), None, 1),
)

STUDIES = (
    Request("POST /projects/{project_id}/personas", "POST", ("/projects/7/personas",), "{}", 1),
    Request("POST /focus-groups/{group_id}/discussion", "POST", ("/focus-groups/7/discussion",), "{}", 1),
)
"""What takes seconds, and is traced but not put under load."""
