"""The computed labels that ship with the package are what their cards say."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from mlcluster.chem.elements import is_metal
from mlcluster.data import SOURCES, LabelledCluster, load
from mlcluster.design.frameworks import build
from mlcluster.design.relax import survival, why_lost
from mlcluster.labels.methods import METHODS
from mlcluster.resources import dataset_dir

SETS = {
    "computed_tmqm": {"gfn1-xtb": 985},
    "computed_gfn1_models": {"dft-pbe-lanl2dz": 39},
    "computed_frameworks": {"gfn1-xtb": 51, "dft-pbe-lanl2dz": 101},
}


def rows(name: str) -> list[dict[str, str]]:
    with open(dataset_dir(name) / "labels.csv", encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.mark.parametrize("name", SETS)
def test_labels_are_plausible_and_counted(name: str) -> None:
    labels = rows(name)
    counts = {method: sum(row["method"] == method for row in labels) for method in METHODS}
    assert {method: n for method, n in counts.items() if n} == SETS[name]
    assert len({(row["entry"], row["method"]) for row in labels}) == len(labels)
    for row in labels:
        gap = float(row["gap_ev"])
        assert 0.1 < gap < 10.0
        assert gap == pytest.approx(float(row["lumo_ev"]) - float(row["homo_ev"]), abs=2e-5)
        assert row["engine"].startswith(("tblite", "PySCF"))


@pytest.mark.parametrize("name", ["computed_tmqm", "computed_frameworks"])
def test_failures_have_a_reason_and_no_label(name: str) -> None:
    labelled = {(row["entry"], row["method"]) for row in rows(name)}
    with open(dataset_dir(name) / "failures.csv", encoding="utf-8", newline="") as handle:
        failures = list(csv.DictReader(handle))
    assert failures
    assert all(row["reason"] for row in failures)
    assert not labelled & {(row["entry"], row.get("method", "")) for row in failures}


def test_frameworks_are_as_their_card_says_and_as_they_are_built() -> None:
    items = load("frameworks")
    card = SOURCES["frameworks"].card
    assert (len(items), len({item.family for item in items})) == (card.entries, card.families)
    assert Counter(record.channel.key for item in items for record in item.labels) == card.labels
    for item in items[:12]:
        framework, *options = item.entry.split()
        built = build(framework, **dict(option.split("=") for option in options))
        metal = is_metal(built.numbers)
        np.testing.assert_allclose(item.cluster.positions[metal], built.positions[metal], atol=1e-6)
        assert why_lost(survival(built, item.cluster)) is None


def test_the_bundled_models_carry_their_pbe_gaps() -> None:
    chosen = {row["entry"]: float(row["gap_ev"]) for row in rows("computed_gfn1_models")}
    found = {
        item.entry: record.value
        for item in load("gfn1_models")
        for record in item.labels
        if record.channel.key == "gap:dft-pbe-lanl2dz"
    }
    assert found == chosen


def test_labels_of_others_structures_hold_no_geometry() -> None:
    assert set(rows("computed_tmqm")[0]) == {
        *("entry", "charge", "method", "gap_ev", "homo_ev", "lumo_ev", "energy_ev", "engine")
    }


def test_labels_reach_the_entries_they_belong_to(loaded: Callable[[str], list[LabelledCluster]]) -> None:
    items = {item.entry: item for item in loaded("tmqm")}
    for row in rows("computed_tmqm"):
        (record,) = (r for r in items[row["entry"]].labels if r.channel.key == "gap:gfn1-xtb")
        assert record.value == float(row["gap_ev"])
        assert items[row["entry"]].cluster.charge == int(row["charge"])
