"""The card of the bundled table says what the checks find."""

from __future__ import annotations

import re

from mlcluster.labels.label_records import FLAGS
from mlcluster.labels.literature import clusters
from mlcluster.labels.literature.composition import recount_electrons
from mlcluster.labels.literature.table import bundled
from mlcluster.labels.literature.validation import validate

CARD = " ".join(bundled("CARD.md").read_text(encoding="utf-8").split())


def test_counts_of_labels() -> None:
    (table, _) = validate()
    stated = dict(re.findall(r"\| (\w+:[\w-]+) \| (\d+ \| \d+) \|", CARD))
    assert stated == {key: f"{n['stated']} | {n['trainable']}" for key, n in table["labels"].items()}
    assert f"{table['rows']} measurements of {table['clusters']} clusters" in CARD
    assert table["warnings"] == 8


def test_counts_of_pairs() -> None:
    (_, pairs) = validate()
    for words in (
        f"{pairs['unmeasured']} of the {pairs['rows']} pairs have a member without a measurement",
        f"For {pairs['compared']} the compositions of both members are known, for {pairs['by_identifier']} of these",
        f"{pairs['agreeing']} are of the kind stated",
    ):
        assert words in CARD
    named = [f for f in pairs["findings"] if f["value"] == "isomer" and "solvate" not in f["message"]]
    assert len(named) == 3


def test_counts_of_electrons() -> None:
    counts = [(c.electrons, recount_electrons(c.composition)) for c in clusters().values() if c.electrons is not None]
    compared = [(stated, counted.count) for stated, counted in counts if counted.count is not None]
    assert f"stated one for {len(compared)} compounds and agrees for all of them" in CARD
    assert all(stated == count for stated, count in compared)
    assert len([1 for _, counted in counts if counted.count is None and not counted.terms]) == 8


def test_every_flag_of_the_card_is_one() -> None:
    flags = set(re.findall(r"`([A-Z_]{5,})`", CARD))
    assert flags == set(FLAGS) - {"UNPHYSICAL_CHARGE"}
