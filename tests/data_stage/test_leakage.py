from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mlcluster.data import load
from mlcluster.data.leakage import fingerprint, leakage_report, overlap
from mlcluster.data.splits import Split, split_at_random, split_by_family


@pytest.fixture(scope="module")
def models():
    """Every twentieth model, parents among them."""
    return load("gfn1_models")[:12] + load("gfn1_models")[12::20]


def test_fingerprint_knows_neither_orientation_nor_order_nor_the_metal(models) -> None:
    cluster = models[1].cluster
    order = np.random.default_rng(0).permutation(len(cluster))
    turned = cluster.positions[order] @ Rotation.random(rng=np.random.default_rng(1)).as_matrix().T + 3.0
    numbers = np.where(cluster.numbers[order] == 47, 79, cluster.numbers[order])
    assert 79 not in cluster.numbers
    same = cluster.replace(numbers=numbers, positions=turned, labels=())
    assert fingerprint(same) == pytest.approx(fingerprint(cluster), abs=0.02)


def test_overlap_falls_with_every_difference(models) -> None:
    rng = np.random.default_rng(0)
    cluster = models[1].cluster
    a = fingerprint(cluster)[None]
    shaken = [
        cluster.replace(positions=cluster.positions + rng.normal(scale=s, size=(len(cluster), 3))) for s in (0.02, 0.2)
    ]
    values = [overlap(a, fingerprint(c)[None])[0, 0] for c in (cluster, *shaken, models[4].cluster)]
    assert values[0] == pytest.approx(1.0)
    assert values == sorted(values, reverse=True) and values[1] > 0.9 and values[-1] < 0.5


def test_the_default_split_does_not_leak_families_and_the_random_one_does(models) -> None:
    by_family = leakage_report(models, split_by_family(models, test=["M25(SR)18"], validation=["M11"]))
    assert by_family.families_on_both_sides == by_family.torn_pairs == by_family.duplicates == ()
    assert by_family.known_structures == 0 and not by_family.leaks
    assert len(by_family.neighbours) == sum(item.family == "M25(SR)18" for item in models)
    with pytest.warns(UserWarning, match="leaks"):
        split = split_at_random(models, shares=(0.1, 0.3))
    at_random = leakage_report(models, split)
    assert at_random.leaks and len(at_random.families_on_both_sides) >= 5 and at_random.torn_pairs
    assert at_random.known_structures > len(at_random.neighbours) / 2
    assert "pairs torn apart" in at_random.summary()


def test_the_nearest_entry_is_found(models) -> None:
    split = Split(kind="family", train=tuple(i.entry for i in models[1:40]), validation=(), test=("copy",), seed=0)
    report = leakage_report([*models, replace(models[7], entry="copy")], split)
    (neighbour,) = report.neighbours
    assert (neighbour.nearest, neighbour.overlap, neighbour.same_family) == (models[7].entry, 1.0, True)
    assert report.known_structures == 1 and report.families_on_both_sides == (models[7].family,)


def test_one_cluster_in_two_sources_is_a_duplicate(loaded, tmp_path) -> None:
    items = loaded("cod") + loaded("ausr")
    names = {item.entry: item for item in items}
    split = Split(kind="random", train=("25_18", "28_20A"), validation=(), test=("1540567", "28_20B"), seed=0)
    assert set(names) >= {*split.train, *split.test}
    report = leakage_report(items, split, pairs=[("28_20A", "28_20B"), ("x", "y")])
    assert report.duplicates == (("1540567", "25_18"),)
    assert report.torn_pairs == (("28_20A", "28_20B"),)
    assert report.families_on_both_sides == ("M25X18", "M28X20")
    report.write(tmp_path / "leakage.json")
    assert json.loads((tmp_path / "leakage.json").read_text())["duplicates"] == [["1540567", "25_18"]]


def test_the_official_split_of_mbe_tmc_leaks_families(loaded) -> None:
    from mlcluster.data.splitters import split_official

    items = loaded("mbe_tmc")
    report = leakage_report(items, split_official(items, test="ligand_test"))
    assert len(report.neighbours) == 254 and report.families_on_both_sides
