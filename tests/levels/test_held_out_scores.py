from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from mlcluster.data import LabelledCluster
from mlcluster.errors import DataError
from mlcluster.labels import LabelRecord
from mlcluster.levels.baselines import BASELINES, baseline_predictions, fit_mean, fit_ridge, labelled_with_value
from mlcluster.levels.network.loss import masked_loss
from mlcluster.model.held_out import HeldOut
from mlcluster.model.scores import regression_metrics
from mlcluster.structure.cluster import Cluster
from mlcluster.training.held_out_plots import parity_plot


def item(name: str, family: str, silver: int, gap: float, **label: object) -> LabelledCluster:
    numbers = np.array([47] * silver + [79] * (6 - silver))
    cluster = Cluster(numbers=numbers, positions=np.arange(18.0).reshape(6, 3), charge=0)
    fields = {"target": "gap", "method": "gfn1-xtb", "value": gap, "unit": "eV"} | label
    record = LabelRecord(entry=name, family=family, **fields)  # type: ignore[arg-type]
    return LabelledCluster(entry=name, family=family, cluster=cluster, labels=(record,))


ITEMS = [item(f"{family}{k}", family, k, 1.0 + 0.1 * k) for family in "ABC" for k in range(6)]


def rows(**changes: object) -> HeldOut:
    fields = {
        "model": "network",
        "channel": "gap:gfn1-xtb",
        "entry": ("a", "b", "c", "d"),
        "family": ("A", "A", "A", "B"),
        "label": np.array([1.0, 1.2, 1.4, 2.0]),
        "predicted": np.array([1.1, 1.3, 1.5, 1.5]),
        "distance": np.array([[0, 0, 0.5, 0], [0, 0, 0.6, 0], [0, 0, 0.7, 0], [0, 0, 3.0, 1]]),
        "half": 0.16,
    }
    return HeldOut.of(**(fields | changes))  # type: ignore[arg-type]


def test_scores_by_hand() -> None:
    scores = regression_metrics([1.0, 2.0, 4.0], [1.0, 3.0, 2.0], [0.5, 1.0, 3.0], [1.5, 4.0, 5.0])
    assert scores["mae"] == pytest.approx(1.0) and scores["rmse"] == pytest.approx((5 / 3) ** 0.5)
    assert scores["r2"] == pytest.approx(1 - 5 / 2) and scores["spearman"] == pytest.approx(0.5)
    assert scores["coverage"] == pytest.approx(2 / 3) and scores["n"] == 3
    constant = regression_metrics([1.0, 1.0, 1.0], [1.0, 2.0, 3.0])
    assert np.isnan(constant["spearman"]) and constant["r2"] < 0
    assert regression_metrics([], [])["n"] == 0


def test_families_weigh_the_same() -> None:
    scores = rows().scores()
    assert scores["mae"] == pytest.approx(0.2) and scores["mae_over_families"] == pytest.approx(0.3)
    assert scores["coverage"] == pytest.approx(0.75)
    assert scores["coverage_over_families"] == pytest.approx(0.5) and scores["width"] == pytest.approx(0.32)


def test_intervals_of_emission_are_in_nm_with_the_lower_end_first() -> None:
    ev = {"label": np.full(4, 1.7), "predicted": np.full(4, 1.7)}
    label, predicted, lower, upper = rows(channel="emission:measured", **ev).in_unit()
    assert predicted == pytest.approx(np.full(4, 729.32), abs=0.01) and (lower < label).all() and (label < upper).all()


def test_mean_baseline_lets_families_weigh_the_same() -> None:
    labels = np.array([1.0, 1.0, 1.0, 3.0])
    predict = fit_mean([item("a", "A", 0, 1.0)] * 3 + [item("b", "B", 0, 3.0)], labels)
    assert predict(ITEMS[:2]).tolist() == [2.0, 2.0]


def test_ridge_learns_what_composition_tells() -> None:
    learned = [i for i in ITEMS if i.family != "C"]
    predict = fit_ridge(learned, labelled_with_value(learned, "gap:gfn1-xtb")[1])
    held = [i for i in ITEMS if i.family == "C"]
    assert predict(held) == pytest.approx([1.0 + 0.1 * k for k in range(6)], abs=0.02)


@pytest.mark.parametrize("name", BASELINES)
def test_baselines_do_not_see_the_rows_they_are_judged_by(name: str) -> None:
    learned, held = [i for i in ITEMS if i.family != "C"], [i for i in ITEMS if i.family == "C"]
    spoiled = [item(i.entry, "C", k, 9.0) for k, i in enumerate(held)]
    first, second = (
        baseline_predictions(name, BASELINES[name], "gap:gfn1-xtb", learned, out) for out in (held, spoiled)
    )
    assert (first.predicted == second.predicted).all() and (first.half == second.half).all()
    assert (first.label != second.label).all() and (first.half > 0).all()


def test_residuals_and_baselines_refuse_touchstones() -> None:
    touchstone = item("E", "A", 1, 2.17, flags=frozenset({"TOUCHSTONE"}))
    with pytest.raises(DataError, match="E gap"):
        baseline_predictions("mean", fit_mean, "gap:gfn1-xtb", [*ITEMS, touchstone], ITEMS)


def test_bounds_are_no_values() -> None:
    kept, values = labelled_with_value([ITEMS[0], item("b", "A", 1, 2.0, bound="lower")], "gap:gfn1-xtb")
    assert [row.entry for row in kept] == ["A0"] and values.tolist() == [1.0]


@pytest.mark.parametrize("kind", ["huber", "l2", "l1"])
def test_loss_counts_only_labels_that_are_there(kind: str) -> None:
    predicted = torch.tensor([[1.0, 5.0], [2.0, 7.0]], requires_grad=True)
    label = torch.tensor([[0.0, 0.0], [2.0, 0.0]])
    mask = torch.tensor([[True, False], [True, False]])
    bound = torch.zeros(2, 2)
    loss = masked_loss(predicted, label, mask, bound, torch.tensor([2.0, 1.0]), kind=kind)  # type: ignore[arg-type]
    loss.backward()
    assert loss.item() == pytest.approx({"huber": 0.0625, "l2": 0.125, "l1": 0.25}[kind])
    assert predicted.grad is not None and (predicted.grad[:, 1] == 0).all()
    assert masked_loss(predicted, label, torch.zeros(2, 2, dtype=torch.bool), bound, torch.ones(2)).item() == 0.0


def test_a_bound_costs_only_where_it_is_broken() -> None:
    predicted = torch.tensor([[1.0], [3.0]])
    label, mask, scale = torch.full((2, 1), 2.0), torch.ones(2, 1, dtype=torch.bool), torch.ones(1)
    at_least, at_most = (
        masked_loss(predicted, label, mask, torch.full((2, 1), sign), scale, kind="l2") for sign in (1.0, -1.0)
    )
    assert at_least.item() == at_most.item() == pytest.approx(0.5)
    assert masked_loss(predicted[1:], label[1:], mask[1:], torch.ones(1, 1), scale).item() == 0.0


def test_parity_plot_is_an_image(tmp_path: Path) -> None:
    parity_plot([rows(), rows(model="mean", predicted=np.full(4, 1.3))], tmp_path / "parity.png", "families held out")
    assert (tmp_path / "parity.png").read_bytes().startswith(b"\x89PNG")
