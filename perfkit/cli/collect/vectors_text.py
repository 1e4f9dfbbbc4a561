"""What trials of a vector search say: every setting, the one to take, how the cost grows, what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from perfkit.cli.output import echo, show
from perfkit.figures.vector_sentences import growth_sentence, vector_advice

if TYPE_CHECKING:
    from perfkit.analyses.vector_choice import VectorChoice
    from perfkit.analyses.vector_growth import VectorGrowth
    from perfkit.analyses.vector_trials import VectorTrial
    from perfkit.model.finding import Finding


def print_vectors(trials: Sequence[VectorTrial], chosen: Sequence[VectorChoice], grown: Sequence[VectorGrowth], findings: Sequence[Finding]) -> None:
    """Everything that the trials say, numbers first, conclusions last."""
    first = trials[0]
    echo(f"{first.source} · {first.metric} · {first.dimensions} dimensions · k = {first.k} · n = {first.n} queries · run {first.run_id}")
    show(trials, False, empty="")
    for choice in chosen:
        for line in vector_advice(choice):
            echo(line)
    for growth in grown:
        echo(growth_sentence(growth))
    show(findings, False, empty="Nothing is wrong with these indexes.")
