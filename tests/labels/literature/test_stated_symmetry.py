"""The eclipsed and the staggered rod: one formula, two records that state another symmetry each."""

from __future__ import annotations

import numpy as np
import pytest

from mlcluster.anatomy import Anatomy
from mlcluster.design.frameworks import build
from mlcluster.labels.literature import clusters
from mlcluster.labels.literature.known_values import values_of
from mlcluster.labels.literature.linking import link_cluster
from mlcluster.labels.literature.relations import pairs
from mlcluster.labels.literature.stated_symmetry import stated_group

E, S = "Au13Ag12_PPh3_10_Cl8_E", "Au13Ag12_PPh3_10_Cl8_S"


@pytest.mark.parametrize(("twist", "record", "group"), [(0.0, E, "D5h"), (36.0, S, "D5d"), (5.0, E, "D5h")])
def test_a_structure_of_a_stated_symmetry_is_that_isomer(twist: float, record: str, group: str) -> None:
    cluster = build("rod-halide", r="Ph", twist=twist)
    noise = np.random.default_rng(0).normal(size=cluster.positions.shape) * 0.05
    found = link_cluster(Anatomy(cluster.replace(positions=cluster.positions + noise)), clusters(), pairs())
    assert (found["status"], found["record"]) == ("matched", record)
    assert f"symmetry of the metals {group}" in found["reason"]


def test_between_the_two_it_stays_open_and_says_why() -> None:
    found = link_cluster(Anatomy(build("rod-halide", r="Ph", twist=18.0)), clusters(), pairs())
    assert found["status"] == "ambiguous"
    assert {one["cluster_id"] for one in found["candidates"]} == {E, S}
    assert "whether the metals are D5d or D5h, as the records state: they are nearest to D5" in found["reason"]


def test_only_the_values_of_that_isomer_are_shown() -> None:
    rows = values_of(Anatomy(build("rod-staggered", r="Ph")))
    assert [(row["cluster"], row["value"], row["match"]) for row in rows] == [(S, 1.72, "matched")]


def test_words_without_one_group_state_none() -> None:
    assert [stated_group(text) for text in ("icosahedral Au13", "", "D5h or D5d", "Td-symmetric Au20", "SD5hx")] == [
        None,
        None,
        None,
        "Td",
        None,
    ]
    assert stated_group(clusters()[E].kernel) == "D5h" and stated_group(clusters()[S].kernel) == "D5d"
