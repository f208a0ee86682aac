from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
from typer.testing import CliRunner

from mlcluster.cli.data_sets import app
from mlcluster.data import labelled, load, prepare
from mlcluster.data.sources import SOURCES
from mlcluster.errors import ConfigError, DataError, InputError

# Entries as the README of the copies counts them; atoms as lines of the files.
COUNTS = {
    "nc_database": (428, 186_004),
    "ausr": (67, 3_381),
    "ausr_flare": (134, 17_245),
    "cod": (1, 349),
    "gpaw_au102": (1, 762),
    "nanomodeler": (27, 5_956),
    "pholed": (179, 10_894),
    "mbe_tmc": (4_250, 127_436),
    "tmqm": (7_329, 485_775),
}


@pytest.mark.parametrize("name", COUNTS)
def test_a_source_has_the_counts_of_its_card(prepared, name: str) -> None:
    result, card = prepared(name), SOURCES[name].card
    assert (result.entries, result.atoms) == COUNTS[name]
    assert (result.entries, result.families) == (card.entries, card.families)
    assert result.labels == dict(sorted(card.labels.items()))


def test_the_first_molecules_of_qm9(shared_data, tmp_path, monkeypatch) -> None:
    with np.load(shared_data / "qm9" / "qm9_raw.npz") as arrays:
        atoms = int(arrays["offsets"][500])
        kept = {"Z": atoms, "R": atoms, "ids": 500, "offsets": 501, "props": 500}
        part = {name: arrays[name][:count] for name, count in kept.items()} | {"prop_names": arrays["prop_names"]}
    np.savez(tmp_path / "qm9_raw.npz", **part)
    monkeypatch.setenv("MLCLUSTER_DATA_DIR", str(tmp_path / "data"))
    assert prepare("qm9", tmp_path, partial=True).entries == 500
    methane, ammonia = load("qm9")[:2]
    assert (methane.cluster.formula, ammonia.cluster.formula) == ("CH4", "H3N")
    assert gaps(methane) == pytest.approx({"dft-b3lyp-631g2dfp": 0.5048 * 27.211386})


@pytest.mark.slow
def test_qm9_has_the_counts_of_its_card(prepared) -> None:
    result = prepared("qm9")
    assert (result.entries, result.atoms, result.families) == (130_680, 2_356_677, SOURCES["qm9"].card.families)
    assert result.labels == {"gap:dft-b3lyp-631g2dfp": 130_680}


def by_name(items):
    return {item.entry: item for item in items}


def gaps(item) -> dict[str, float]:
    return {record.method: record.value for record in item.labels if record.target == "gap"}


def test_nc_database_gaps_are_told_apart_by_ligand_model(loaded) -> None:
    items = by_name(loaded("nc_database"))
    full = items["fully_protected/au18_schex14_opt"]
    # Affinity stored as E(q-1) - E(q): 5.39 + (-1.81).
    assert gaps(full) == pytest.approx({"dft-nc-database": 1.44, "ip-ea-nc-database": 3.58})
    charged = {record.target: record.value for record in full.labels if record.method == "delta-scf-nc-database"}
    assert charged == pytest.approx({"ionization_energy": 5.39, "electron_affinity": 1.81})
    assert full.labels[0].source.startswith("https://onlinelibrary.wiley.com/")
    alloy = next(item for item in items.values() if item.entry.startswith("AuAg_NCs/36_24"))
    assert set(gaps(alloy)) == {"ip-ea-nc-database-sch3"}
    methyl, real = items["other/Au19Cd2"], items["other/Au19Cd2_full_ligands"]
    assert (set(gaps(methyl)), set(gaps(real))) == ({"ip-ea-nc-database-sch3"}, {"ip-ea-nc-database"})
    assert Counter(item.cluster.charge for item in items.values()) == {0: 411, -1: 9, -2: 4, None: 4}
    assert items["fully_protected/au49_dimbt27_opt"].labels == ()


def test_ausr_sulfur_is_thiolate_by_declaration_and_charge_unknown(loaded) -> None:
    items = by_name(loaded("ausr"))
    assert all(item.cluster.charge is None for item in items.values())
    assert all(item.cluster.declared_ligands == ("S:thiolate",) for item in items.values())
    assert sum("C" in item.cluster.composition for item in items.values()) == 1
    anion = items["25_18"]
    assert anion.cluster.composition == {"Au": 25, "S": 18} and anion.key == "M25X18"
    assert gaps(anion) == pytest.approx(
        {"dft-ausr-sch3": 1.181, "ip-ea-ausr-sch3": 2.8871 + 0.4414, "tddft-ausr-sch3": 1.20447}
    )
    assert items["26_19"].labels == ()


def test_mbe_spin_states_are_entries_of_one_family(loaded) -> None:
    items = by_name(loaded("mbe_tmc"))
    low, high = (items[f"mn_3_ammonia_ammonia_ammonia_ammonia_ammonia_ammonia_{m}"] for m in (1, 5))
    assert (low.cluster.multiplicity, high.cluster.multiplicity) == (1, 5)
    assert low.family == high.family and low.cluster.charge is None
    together: dict[str, set[str | None]] = {}
    for item in items.values():
        together.setdefault(item.parent, set()).add(item.family)
    assert all(len(families) == 1 for families in together.values())
    counts = {"training": 2888, "validation": 724, "composition_test": 384, "ligand_test": 254}
    assert Counter(item.split for item in items.values()) == counts


def test_pholed_yields_of_one_are_bounds_and_lifetimes_follow_from_rates(loaded) -> None:
    items = by_name(loaded("pholed"))
    records = {record.target: record for record in items["train_pool_1"].labels}
    assert records["emission"].value == 488.0 and records["emission"].source == "Chem. Eur. J. 2013, 19, 69-73"
    assert records["lifetime"].value == pytest.approx(0.8 / 28571.42857 * 1e6)
    yields = [r for item in items.values() for r in item.labels if r.target == "quantum_yield"]
    assert sum(r.bound == "lower" for r in yields) == sum(r.value == 1.0 for r in yields) == 5
    assert all(r.bound is None for item in items.values() for r in item.labels if r.target == "lifetime")
    assert records["gap"].method == "dft-pholed-triplet"


def test_tmqm_states_charge_and_spin(loaded) -> None:
    items = by_name(loaded("tmqm"))
    assert Counter(item.cluster.charge for item in items.values()) == {-1: 204, 0: 4694, 1: 2431}
    assert all(item.cluster.multiplicity == 1 for item in items.values())
    assert items["ABANOH"].cluster.composition == {"Au": 1, "C": 3, "H": 9, "I": 3, "P": 1}
    (calculated,) = items["ABAPEZ"].labels
    assert (calculated.channel.key, calculated.value) == ("gap:gfn1-xtb", 2.08886)


def test_gaps_calculated_with_this_package_are_added_by_identifier(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(labelled, "dataset_dir", lambda name: tmp_path / name)
    monkeypatch.setenv("MLCLUSTER_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "computed_mbe_tmc").mkdir()
    table = "entry,method,gap_ev,engine\nx_1,gfn1-xtb,1.25,tblite 0.8.0\nelse,gfn1-xtb,2,tblite 0.8.0\n"
    (tmp_path / "computed_mbe_tmc" / "labels.csv").write_text(table)
    (tmp_path / "mbe_tmc.extxyz").write_text("1\nname=x_1 split=training mult=1 gap_eV=2.0\nMn 0 0 0\n")
    prepare("mbe_tmc", tmp_path, partial=True)
    (item,) = load("mbe_tmc")
    assert gaps(item) == {"dft-mbe-tmc": 2.0, "gfn1-xtb": 1.25}
    assert item.labels[1].source == "mlcluster computed_mbe_tmc, tblite 0.8.0"


def test_cod_crystal_gives_the_cluster_without_its_solvent(loaded) -> None:
    (item,) = loaded("cod")
    assert item.cluster.formula.startswith("C144H162Au25") and item.key == "M25X18"


def test_stored_coordinates_are_within_a_thousandth(loaded, shared_data) -> None:
    from mlcluster.data.frames import read_frames

    frame = next(read_frames(shared_data / "pholed" / "pholed_pt.extxyz"))
    stored = by_name(loaded("pholed"))[frame.info["name"]].cluster
    assert np.abs(stored.positions - frame.positions).max() <= 0.0005 + 1e-9
    assert stored.numbers.tolist() == frame.numbers.tolist()


def test_without_a_copy_the_error_says_where_to_get_it(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("MLCLUSTER_DATA_DIR", str(tmp_path))
    with pytest.raises(InputError, match="git clone https://github.com/mpourmpakis/NC_Database"):
        prepare("nc_database")
    with pytest.raises(InputError, match="no copy of tmqm here"):
        prepare("tmqm", tmp_path / "nowhere")
    with pytest.raises(InputError, match="mlcluster data prepare ausr --from PATH"):
        load("ausr")
    with pytest.raises(InputError, match="holds no pholed"):
        prepare("pholed", tmp_path)
    with pytest.raises(ConfigError, match="needs no preparing"):
        prepare("gfn1_models", tmp_path)
    with pytest.raises(ConfigError, match="Did you mean tmqm"):
        prepare("tmqn", tmp_path)


def test_the_command_prepares_and_says_what(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("MLCLUSTER_DATA_DIR", str(tmp_path / "data"))
    copy = tmp_path / "mbe_tmc.extxyz"
    copy.write_text("1\nname=mn_3_x_1 split=training mult=1 gap_eV=2.0\nMn 0 0 0\n")
    run = CliRunner().invoke
    done = run(app, ["prepare", "mbe_tmc", "--from", str(copy), "--partial", "--json"])
    assert (done.exit_code, json.loads(done.stdout)["labels"]) == (0, {"gap:dft-mbe-tmc": 1})
    assert "1 entries, 1 atoms, 1 families" in run(app, ["prepare", "mbe_tmc", "--from", str(copy), "--partial"]).stdout
    refused = run(app, ["prepare", "mbe_tmc"])
    assert refused.exit_code == 2 and "github.com/hjkgrp/many_body_ml" in refused.stderr


def test_a_part_is_refused_unless_asked_for_and_leaves_what_was_there(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("MLCLUSTER_DATA_DIR", str(tmp_path / "data"))
    copy = tmp_path / "mbe_tmc.extxyz"
    copy.write_text("1\nname=mn_3_x_1 split=training mult=1 gap_eV=2.0\nMn 0 0 0\n")
    assert prepare("mbe_tmc", copy, partial=True).entries == 1
    copy.write_text("1\nname=mn_3_y_1 split=training mult=1 gap_eV=2.0\nMn 0 0 0\n")
    with pytest.raises(DataError, match="entries 1 for 4250; gap:dft-mbe-tmc 1 for 4250"):
        prepare("mbe_tmc", copy)
    assert [item.entry for item in load("mbe_tmc")] == ["mn_3_x_1"]
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["mbe_tmc"]


@pytest.mark.parametrize("name", SOURCES)
def test_cards_are_complete_and_plain(name: str) -> None:
    card = SOURCES[name].card
    assert card.name == name and card.traps
    assert all((card.what, card.method, card.licence, card.citation, card.obtain))
    assert json.loads(json.dumps(card.to_dict()))["name"] == name
    assert (SOURCES[name].read is None) == card.bundled
