"""Measured clusters as model geometries: what is learned from, under which conditions, and what never is."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from mlcluster.data import SOURCES, load, load_together, only_trainable
from mlcluster.data.leakage import leakage_report
from mlcluster.data.sources import literature_models
from mlcluster.data.splits import leave_one_family_out
from mlcluster.labels.literature.table import COLUMNS


@pytest.fixture(scope="module")
def items() -> list:
    return load("literature_models")


def test_the_card_counts_what_is_there(items) -> None:
    card = SOURCES["literature_models"].card
    assert card.entries == len(items) == len({item.entry for item in items})
    assert card.families == len({item.family for item in items})
    assert card.labels == Counter(record.channel.key for item in items for record in item.labels)


def test_nothing_flagged_is_learned_from(items) -> None:
    named = {item.entry: item for item in items}
    kept = only_trainable(items, literature_models.CHANNELS)
    assert {"Au13Ag12_PPh3_10_Cl8_E", "Au13Ag12_PPh3_10_Cl8_S"} <= set(named) - {item.entry for item in kept}
    assert len(kept) == 20 and len({item.family for item in kept}) == 8
    # The pieces keep the name of the compound, whatever a copy of the table says in its flags.
    assert {record.entry for record in named["Au13Ag12_PPh3_10_Cl8_E"].labels} == {"Au13Ag12_PPh3_10_Cl8_E"}


def test_solids_and_solutions_are_entries_of_their_own(tmp_path: Path) -> None:
    rows = [
        {"emission_nm": "700", "medium": "CH2Cl2"},
        {"emission_nm": "710", "medium": "toluene", "temperature_k": "298"},
        {"emission_nm": "650", "medium": "crystal"},
        {"emission_nm": "640", "medium": "crystal", "temperature_k": "77"},
        {"emission_nm": "690", "medium": "deaerated solution"},
        {"emission_nm": "", "medium": "film", "gap_ev": "1.2", "gap_method": "DFT"},
    ]
    common = {"cluster_id": "Au25_PET18", "formula": "[Au25(PET)18]-", "ligands": "PET;18", "doi": "10.1000/own"}
    lines = [",".join(COLUMNS)]
    for number, row in enumerate(rows):
        cells = dict.fromkeys(COLUMNS, "") | common | row | {"measurement_id": f"m{number}"}
        lines.append(",".join(cells[name] for name in COLUMNS))
    (tmp_path / "own.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    loaded = load("literature_models", table=tmp_path / "own.csv")
    found = {item.entry: [record.value for record in item.labels] for item in loaded}
    assert found == {
        "Au25_PET18": [700.0, 710.0],
        "Au25_PET18 solid": [650.0],
        "Au25_PET18 solid, 77 K": [640.0],
        "Au25_PET18 deaerated": [690.0],
    }


def test_a_cluster_of_two_sources_stays_on_one_side() -> None:
    items = load_together(["frameworks", "literature_models"])
    sources = {family: {item.source for item in items if item.family == family} for family in ("M25X18", "M4X4")}
    assert all(both == {"frameworks", "literature_models"} for both in sources.values())
    channels = ("gap:gfn1-xtb", "gap:dft-pbe-lanl2dz", "emission:measured", "quantum_yield:measured")
    usable = only_trainable(items, channels)
    tested = 0
    for family, split in leave_one_family_out(usable):
        if any(entry.startswith("literature_models") for entry in split.test):
            tested += 1
            report = leakage_report(usable, split)
            # Rods with halide and with thiolate belts are alike and of two families; that is no copy.
            assert not report.families_on_both_sides and not report.duplicates, (family, report.summary())
    assert tested == 7
