"""The command refuses what does not fit together before anything starts."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from perfkit.cli.collect.load import command
from perfkit.errors import UsageError

URL = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "Name the URL"),
        ([URL, "--worker"], "gets its URL from the master"),
        ([URL, "--master"], "belong together"),
        ([URL, "--master", "--expect-workers", "2", "--master-bind-host", "*"], "other machines could reach the master"),
        ([URL, "--stages", "10;20"], "no whole numbers"),
        ([URL, "--poisson"], "open model"),
        ([URL, "--path", "/a", "--urls", "list.txt"], "in one way"),
        ([URL, "--watch", "health"], "a path of the target"),
        ([URL, "--rate", "10", "--locustfile", __file__], "needs a list of requests"),
        ([URL, "--master", "--expect-workers", "2", "--processes", "2"], "start more processes with the workers"),
    ],
)
def test_what_does_not_fit_together_is_refused(arguments: list[str], complaint: str) -> None:
    done = CliRunner().invoke(command, arguments, obj=None)
    assert isinstance(done.exception, UsageError)
    assert complaint in str(done.exception)
