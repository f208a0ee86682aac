from __future__ import annotations

from pathlib import Path

import ase.io
import numpy as np
import pytest
from ase import Atoms

from mlcluster.data import load, load_together, model_structures, only_trainable
from mlcluster.errors import ConfigError, DataError, InputError
from mlcluster.resources import dataset_dir

LABELS = {"gap:optical": {"column": "gap_ev", "unit": "eV"}}


def test_bundled_models_are_what_the_card_says() -> None:
    items = load("gfn1_models")
    counts: dict[str, int] = {}
    for item in items:
        counts[str(item.family)] = counts.get(str(item.family), 0) + 1
    assert counts == {
        "M25 rod": 1180,
        "M13": 482,
        "M25(SR)18": 442,
        "M11": 271,
        "M14": 239,
        "M9": 214,
        "M38(SR)24": 96,
    }
    gaps = np.array([item.labels[0].value for item in items])
    assert (gaps.min(), gaps.max()) == pytest.approx((0.24223, 2.23391))
    assert gaps.mean() == pytest.approx(1.144, abs=0.001)
    keys = [[record.channel.key for record in item.labels] for item in items]
    assert all(row[0] == "gap:gfn1-xtb" and "gap:gfn1-xtb" not in row[1:] for row in keys)
    assert all(item.cluster.charge is not None and item.cluster.multiplicity == 1 for item in items)
    assert len(only_trainable(items, ["gap:gfn1-xtb"])) == 2920, "four unphysical charge distributions are left out"
    assert only_trainable(items, ["gap:optical"]) == []


def test_parents_for_demonstrations() -> None:
    structures = model_structures()
    assert len(structures) == 12
    e, s = (structures[f"{name} isomer model [Au13Ag12(PH3)10Cl8]+"] for name in "ES")
    assert e.composition == s.composition == {"Ag": 12, "Au": 13, "Cl": 8, "H": 30, "P": 10}
    assert e.charge == s.charge == 1
    rod = structures["rod model [Au25(PH3)10(SH)5Cl2]2+"]
    vacancy = structures["central-vacancy rod model [Au24(PH3)10(SH)5Cl2]+"]
    assert (rod.composition["Au"], vacancy.composition["Au"]) == (25, 24)
    assert (rod.charge, vacancy.charge) == (2, 1)


def test_stored_numbers_are_those_of_the_calculations(shared_data: Path) -> None:
    import pyarrow.parquet as pq

    stored = {
        row["parent"]: row for row in pq.read_table(dataset_dir("gfn1_models") / "models.parquet").to_pylist()[:12]
    }
    for atoms in ase.io.read(shared_data / "ours" / "parents.extxyz", ":"):
        row = stored[atoms.info["name"]]
        positions = np.array([row[f"{axis}_milliangstrom"] for axis in "xyz"]).T / 1000
        assert np.abs(positions - atoms.positions).max() < 0.001
        assert row["numbers"] == atoms.numbers.tolist()


def test_own_file_with_named_label_columns(tmp_path: Path) -> None:
    first = Atoms("Au2", [[0, 0, 0], [0, 0, 2.7]], info={"entry": "a", "family": "M2", "gap_ev": 1.5, "charge": 1})
    second = Atoms("Ag2", [[0, 0, 0], [0, 0, 2.8]], info={"entry": "b"})
    path = tmp_path / "own.extxyz"
    ase.io.write(path, [first, second])
    a, b = load("extxyz", path=path, labels=LABELS)
    assert (a.entry, a.family, a.cluster.charge, a.cluster.multiplicity) == ("a", "M2", 1, None)
    assert [(r.value, r.unit) for r in a.labels] == [(1.5, "eV")]
    assert b.labels == () and b.family == "M2X0" and b.cluster.charge is None


def test_own_file_with_faults(tmp_path: Path) -> None:
    path = tmp_path / "own.extxyz"
    ase.io.write(path, [Atoms("Au2", [[0, 0, 0], [0, 0, 2.7]], info={"entry": "a", "gap_ev": 1.5})] * 2)
    with pytest.raises(DataError, match="occurs twice"):
        load("extxyz", path=path, labels=LABELS)
    for labels, message in (
        ({"gap:optical": {"column": "gap_ev"}}, "gap:optical: a label needs its unit"),
        ({"gap:optical": {"colum": "gap_ev", "unit": "eV"}}, "Found: colum. .*Did you mean column"),
        ({"gap:optical": {"column": "gap_ev", "unit": "ev"}}, "Found: ev. Expected: eV, meV"),
        ({"gap:optical": {"column": "gap", "unit": "eV"}}, "no key of a frame.*Found: gap. .*Did you mean gap_ev"),
        ({"gap:optical": "gap_ev"}, "a label has a column and a unit"),
        ({}, "labels name channels"),
    ):
        ase.io.write(path, Atoms("Au2", [[0, 0, 0], [0, 0, 2.7]], info={"entry": "a", "gap_ev": 1.5}))
        with pytest.raises(ConfigError, match=message):
            load("extxyz", path=path, labels=labels)
    with pytest.raises(InputError, match="no such file"):
        load("extxyz", path=tmp_path / "missing.xyz", labels=LABELS)
    path.write_text("not a structure")
    with pytest.raises(InputError, match="cannot read extended XYZ"):
        load("extxyz", path=path, labels=LABELS)


def test_unknown_source_and_option() -> None:
    with pytest.raises(ConfigError, match="Did you mean gfn1_models"):
        load("gfn1_model")
    with pytest.raises(ConfigError, match="gfn1_models has no such option. Found: path. Expected: none"):
        load("gfn1_models", path="x")
    with pytest.raises(ConfigError, match=r"Found: pth. Expected: path, labels.*Did you mean path"):
        load("extxyz", pth="x")
    with pytest.raises(ConfigError, match=r"csv\+dir needs options. Found: path. Expected: labels"):
        load("csv+dir", path="x")
    with pytest.raises(ConfigError, match="Found: extxy. Expected: gfn1_models, frameworks"):
        load_together(["gfn1_models", "frameworks"], {"extxy": {"path": "x"}})


@pytest.mark.parametrize("name", ["gfn1_models", "literature"])
def test_cards_say_what_a_user_must_know(name: str) -> None:
    card = (dataset_dir(name) / "CARD.md").read_text(encoding="utf-8")
    for heading in ("**What.**", "**Labels.**", "**Licence.**", "**Citation.**", "## Known traps"):
        assert heading in card
