"""The composition term: its inputs worked by hand, and what it does to unknown states."""

from __future__ import annotations

import math

import pytest
import torch

from mlcluster.chem.elements import SYMBOLS
from mlcluster.nn.prior import EXTRAS, N_INPUTS, LinearPrior, composition_inputs


def inputs(*graphs: list[int], charge: list[float], multiplicity: list[float]) -> torch.Tensor:
    numbers = torch.tensor([z for graph in graphs for z in graph])
    graph = torch.tensor([k for k, graph in enumerate(graphs) for _ in graph])
    states = torch.tensor(charge), torch.tensor(multiplicity)
    return composition_inputs(numbers, graph, len(graphs), *states, torch.float64)


def test_inputs_of_two_clusters_worked_by_hand() -> None:
    x = inputs([79, 79, 79, 16], [47, 17], charge=[1.0, 0.0], multiplicity=[1.0, 3.0])
    assert x.shape == (2, N_INPUTS) and N_INPUTS == len(SYMBOLS) + len(EXTRAS)
    assert x[0, [79, 16, 47]].tolist() == [0.75, 0.25, 0.0] and x[1, [47, 17]].tolist() == [0.5, 0.5]
    assert x[0, -4:].tolist() == pytest.approx([math.log(4), math.log(3), 1 / 3, 0.0])
    assert x[1, -4:].tolist() == pytest.approx([math.log(2), 0.0, 0.0, 2.0])


def test_unknown_states_count_as_neutral_and_closed_shell() -> None:
    unknown = inputs([79, 16], charge=[0.0], multiplicity=[0.0])
    assert torch.equal(unknown, inputs([79, 16], charge=[0.0], multiplicity=[1.0]))


def test_the_term_vanishes_at_its_center_and_is_linear() -> None:
    prior = LinearPrior(2)
    x = inputs([79, 79, 16], [47, 17, 17, 17], charge=[0.0, 1.0], multiplicity=[1.0, 1.0]).float()
    prior.set(torch.randn(2, N_INPUTS), x[:1].expand(2, -1))
    term = prior(x)
    torch.testing.assert_close(term[0], torch.zeros(2))
    torch.testing.assert_close(prior((x[:1] + x[1:]) / 2)[0], term[1] / 2)
