from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from mlcluster.errors import DataError
from mlcluster.labels.label_records import TOUCHSTONE_ENTRIES
from mlcluster.labels.literature import clusters, pairs
from mlcluster.labels.literature.table import bundled
from mlcluster.levels.formula.entries import families_of_compounds, literature_rows
from mlcluster.levels.formula.settings import CHANNELS


@pytest.mark.parametrize("channel", CHANNELS)
def test_no_row_is_one_of_the_systems_that_judge_the_package(channel):
    rows = literature_rows(channel, CHANNELS[channel])

    assert len(rows) > 10
    assert not set(rows.entries) & TOUCHSTONE_ENTRIES


def test_a_touchstone_that_lost_flag_and_name_is_not_learned_from(tmp_path: Path):
    with open(bundled("measurements.csv"), encoding="utf-8", newline="") as stream:
        content = list(csv.DictReader(stream))
    for row in content:
        if row["flags"] == "TOUCHSTONE":
            row |= {"flags": "", "cluster_id": f"renamed_{row['cluster_id']}"}
    table = tmp_path / "table.csv"
    with open(table, "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, content[0])
        writer.writeheader()
        writer.writerows(content)

    for channel, methods in CHANNELS.items():
        assert not [name for name in literature_rows(channel, methods, table).entries if name.startswith("renamed")]


def test_families_hold_relatives_together_and_strangers_apart():
    family = families_of_compounds(clusters(), pairs())

    # One count of metals and of anionic donors; a declared defect; donors that are not all stated.
    assert family["Au25_PET18_m1"] == family["Au25_SC6H13_18"]
    assert family["Cu4I4_dcpm2"] == family["Cu3I3_dcpm2"]
    assert family["Au13_biNHC-COOH_Cl"] == family["Au13_dppe5Cl2"]
    assert len({family[name] for name in ("Au22_SG18", "Au42_PET32", "Cu6_mtt6", "Au39_PET29")}) == 4


def test_a_yield_of_one_hundred_percent_is_a_bound_at_what_is_certain():
    rows = literature_rows("quantum_yield:measured")
    row = rows.entries.index("Au10Ag8_CCPh12_diphos2")

    assert rows.bound[row] == "lower"
    assert rows.label[row] == pytest.approx(np.log(0.9 / 0.1))
    assert not rows.judged[row]


def test_bands_of_one_compound_under_one_condition_are_one_row():
    rows = literature_rows("emission:measured")
    # Au42(PET)32 emits at 875 and 1040 nm in air, at 875 and 1045 without.
    labels = sorted(rows.label[[k for k, name in enumerate(rows.entries) if name == "Au42_PET32"]])

    assert labels == pytest.approx(
        [(1239.84 / 875 + 1239.84 / 1045) / 2, (1239.84 / 875 + 1239.84 / 1040) / 2], abs=1e-4
    )


def test_calculated_gaps_teach_but_do_not_judge():
    rows = literature_rows("gap:optical", CHANNELS["gap:optical"])

    assert {"dft-not-stated", "optical"} <= set(rows.methods)
    assert all(
        method.startswith(("dft", "tddft")) != judged for method, judged in zip(rows.methods, rows.judged, strict=True)
    )


def test_a_channel_without_rows_says_so():
    with pytest.raises(DataError, match="no row to learn from"):
        literature_rows("gap:gfn1-xtb")


def test_too_few_families_are_named(tmp_path: Path):
    with open(bundled("measurements.csv"), encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["cluster_id"] in ("Au42_PET32", "Cu6_mtt6")]
    table = tmp_path / "table.csv"
    with open(table, "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)

    with pytest.raises(DataError, match="too few families.*M42X32, M6X6"):
        literature_rows("emission:measured", table=table)
