"""The clean-up: springs are met, crowded atoms part, and the forces are the gradient of the strain."""

from __future__ import annotations

import numpy as np
import pytest

from mlcluster.design.frameworks import settle as module
from mlcluster.design.frameworks.assembly import Assembly


def test_springs_are_met_and_metals_stay() -> None:
    assembly = Assembly("pair", 1)
    gold, sulfur = assembly.add("Au", (0, 0, 0)), assembly.add("S", (0, 0, 3.0))
    assembly.tie(gold, sulfur, 2.4)
    cluster = assembly.finish()
    assert np.linalg.norm(np.diff(cluster.positions, axis=0)) == pytest.approx(2.4, abs=0.001)
    np.testing.assert_array_equal(cluster.positions[0], 0.0)


def test_metals_move_only_when_they_are_held_softly() -> None:
    assembly = Assembly("pair", 0)
    assembly.tie(assembly.add("Au", (0, 0, 0)), assembly.add("Au", (0, 0, 3.0)), 2.6)
    assert np.ptp(assembly.finish().positions[:, 2]) == 3.0
    assert 2.6 < np.ptp(assembly.finish(hold_metals=5.0).positions[:, 2]) < 2.8


def test_atoms_that_are_not_tied_part() -> None:
    assembly = Assembly("crowd", 0)
    assembly.add("C", (0, 0, 0))
    first, second = assembly.add("H", (1.09, 0, 0)), assembly.add("H", (1.0, 0.4, 0))
    assembly.tie(0, first, 1.09)
    assembly.tie(0, second, 1.09)
    positions = assembly.finish().positions
    assert np.linalg.norm(positions[first] - positions[second]) > 1.5


def test_the_forces_are_the_gradient_of_the_strain(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}

    def keep(function, start, **_options):  # type: ignore[no-untyped-def]
        seen["function"], seen["start"] = function, start
        return type("Result", (), {"x": start})

    monkeypatch.setattr(module, "minimize", keep)
    rng = np.random.default_rng(0)
    springs = module.Springs(np.array([[0, 1], [1, 2]]), np.array([2.4, 1.4]), np.array([1.0, 0.5]))
    module.settle(np.array([79, 16, 1, 1, 79]), rng.normal(size=(5, 3)), springs, 2.0)
    start = seen["start"] + rng.normal(size=15) * 0.1
    _, gradient = seen["function"](start)
    step = 1e-6
    numeric = [
        (seen["function"](start + step * e)[0] - seen["function"](start - step * e)[0]) / (2 * step) for e in np.eye(15)
    ]
    np.testing.assert_allclose(gradient, numeric, atol=1e-5)
