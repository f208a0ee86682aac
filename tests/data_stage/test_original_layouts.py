"""The layouts that users have, as small replicas made by hand: two entries, and the oddities of the originals."""

from __future__ import annotations

import gzip
import sqlite3
import zipfile
from pathlib import Path

import pytest

from mlcluster.data.sources import ausr, mbe_tmc, nc_database, pholed, qm9, tmqm
from mlcluster.errors import DataError, InputError

METHYLTHIOLATE = "C {x} 1.7 0.5\nH {x} 2.3 1.4\nH {x} 2.3 -0.3\nH {y} 1.9 0.6\n"


def gold_thiolate(path: Path) -> None:
    """Write Au2(SCH3)2, a ring as far as the bonds go."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "12\nAu2S2\nAu 0 0 1.6\nAu 0 0 -1.6\nS 2.0 0 0\nS -2.0 0 0\n"
        + METHYLTHIOLATE.format(x=2.3, y=3.2)
        + METHYLTHIOLATE.format(x=-2.3, y=-3.2)
    )


def test_nc_database_as_its_repository(tmp_path: Path) -> None:
    columns = "NC, q, `E_q_eV`, `E_q-1`, `E_q.1`, EA, IP, HOMO, LUMO, GAP, ligands, path, `Reference Publications`"
    with sqlite3.connect(tmp_path / "NC_Database.sqlite") as connection:
        connection.execute(f"CREATE TABLE NC_Data ({columns})")
        rows = [
            ("Au2(PET)2", 0, -1.0, -0.9, -1.1, -2.0, 5.0, -4.0, -3.0, 1.0, "PET", "fully_protected\\a.xyz", "doi:1"),
            ("Au2(sch3)2", -1, -1.0, None, None, None, 3.0, None, None, None, "sch3", "./sch3_protected/b.xyz", None),
        ]
        connection.executemany(f"INSERT INTO NC_Data VALUES ({','.join('?' * 13)})", rows)
    connection.close()
    for file in ("fully_protected/a", "sch3_protected/b", "fully_protected/without_row"):
        gold_thiolate(tmp_path / f"{file}.xyz")
    items = {item.entry: item for item in nc_database.read(tmp_path)}
    assert set(items) == {"fully_protected/a", "sch3_protected/b", "fully_protected/without_row"}
    values = {r.channel.key: (r.value, r.source) for r in items["fully_protected/a"].labels}
    assert values == {
        "gap:dft-nc-database": (1.0, "doi:1"),
        "gap:ip-ea-nc-database": (3.0, "doi:1"),
        "ionization_energy:delta-scf-nc-database": (5.0, "doi:1"),
        "electron_affinity:delta-scf-nc-database": (2.0, "doi:1"),  # stored the other way round
    }
    lone = items["sch3_protected/b"]
    assert lone.cluster.charge == -1
    assert [r.channel.key for r in lone.labels] == ["ionization_energy:delta-scf-nc-database-sch3"]
    assert items["fully_protected/without_row"].cluster.charge is None
    assert {item.key for item in items.values()} == {"M2X2"}


def test_ausr_as_its_repository(tmp_path: Path) -> None:
    folder = tmp_path / "Scalar_prediction" / "data" / "Cluster"
    folder.mkdir(parents=True)
    atoms = [("Au", 0.5, 0.5, 0.58), ("Au", 0.5, 0.5, 0.42), ("S", 0.6, 0.5, 0.5), ("S", 0.4, 0.5, 0.5)]
    head = "data_x\n_symmetry_space_group_name_H-M 'P1'\n_cell_length_a 20\n_cell_length_b 20\n_cell_length_c 20\n"
    head += (
        "_cell_angle_alpha 90\n_cell_angle_beta 90\n_cell_angle_gamma 90\nloop_\n_symmetry_equiv_pos_as_xyz\nx,y,z\n"
    )
    head += "loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n"
    head += "_atom_site_fract_z\n"
    rows = [f"{symbol}{k} {symbol} {x} {y} {z}\n" for k, (symbol, x, y, z) in enumerate(atoms)]
    (folder / "2_2.cif").write_text(head + "".join(rows))
    for name, text in {
        "HOMO-LUMO_Gap": "2_2,1.5,1.4\n\n2_2,1.5,1.3\nunknown,9,9\n",
        "I[n]": "2_2,5.0,5.1\n",
        "A[n]": "2_2,1.0,1.1\n",
    }.items():
        (tmp_path / "Scalar_prediction" / "result" / name).mkdir(parents=True)
        (tmp_path / "Scalar_prediction" / "result" / name / "test_results.csv").write_text(text)
    (item,) = ausr.read(tmp_path)
    assert {r.channel.key: r.value for r in item.labels} == {
        "gap:dft-ausr-sch3": 1.5,
        "gap:ip-ea-ausr-sch3": 4.0,
        "ionization_energy:delta-scf-ausr-sch3": 5.0,
        "electron_affinity:delta-scf-ausr-sch3": 1.0,
    }
    assert (item.key, item.cluster.charge, item.cluster.declared_ligands) == ("M2X2", None, ("S:thiolate",))


def test_tmqm_as_its_repository(tmp_path: Path) -> None:
    text = (
        "3\nCSD_code = GOLDIE | q = -1 | S = 0 | Stoichiometry = AuCl2 | MND = 2\nAu 0 0 0\nCl 2.3 0 0\nCl -2.3 0 0\n\n"
        "3\nCSD_code = ZINCIE | q = 0 | S = 0 | Stoichiometry = ZnCl2 | MND = 2\nZn 0 0 0\nCl 2.1 0 0\nCl -2.1 0 0\n"
    )
    with gzip.open(tmp_path / "tmQM_X1.xyz.gz", "wt") as stream:
        stream.write(text)
    (item,) = tmqm.read(tmp_path)
    assert (item.entry, item.cluster.charge, item.family, item.labels) == ("GOLDIE", -1, "Au(Cl2)", ())
    (tmp_path / "tmQM_y.csv").write_text("CSD_code;Electronic_E;HL_Gap\nGOLDIE;-1;0.1\nZINCIE;-1;0.2\n")
    (item,) = tmqm.read(tmp_path)
    (label,) = item.labels
    assert (label.method, label.value) == ("dft-tpssh-def2svp", pytest.approx(2.7211386))
    with gzip.open(tmp_path / "tmQM_X1.xyz.gz", "wt") as stream:
        stream.write("1\nno facts\nAu 0 0 0\n")
    with pytest.raises(DataError, match="frame 1: a frame has no CSD code"):
        list(tmqm.read(tmp_path))


def test_qm9_as_published(tmp_path: Path) -> None:
    properties = "gdb 1 157.7 157.7 157.7 0. 13.2 -0.3877 0.1171 0.5048 35.4 0.0447 -40.5 -40.5 -40.5 -40.5 6.5"
    (tmp_path / "dsgdb9nsd_000001.xyz").write_text(
        f"5\n{properties}\nC 0.0 0.0 2.1*^-6 -0.5\nH 0.6 0.6 0.6 0.1\nH -0.6 -0.6 0.6 0.1\nH -0.6 0.6 -0.6 0.1\n"
        "H 0.6 -0.6 -0.6 0.1\n1341.3 1341.3\nC C\nInChI=1S/CH4/h1H4 InChI=1S/CH4/h1H4\n"
    )
    (item,) = qm9.read(tmp_path)
    assert item.entry == "gdb 1" and item.cluster.positions[0, 2] == pytest.approx(2.1e-6)
    assert [r.value for r in item.labels] == pytest.approx([0.5048 * 27.211386])
    (tmp_path / "dsgdb9nsd_000002.xyz").write_text("5\n\n")
    with pytest.raises(InputError, match="not a QM9 file"):
        list(qm9.read(tmp_path))


def test_mbe_tmc_as_its_repository(tmp_path: Path) -> None:
    columns = "name,metal,ox,high_spin,spin_splitting_kcal/mol,energetic_gap_ls_eV,energetic_gap_hs_eV\n"
    rows = {"training": "co_2_a_a_a_a_a_a,co,2,4,-1,4.6,4.8\n", "ligand_test": "fe_2_b_b_b_b_b_b,fe,2,5,-2,5.8,3.9\n"}
    for split in ("training", "validation", "composition_test", "ligand_test"):
        (tmp_path / "raw_data" / split / "xyzs").mkdir(parents=True)
        (tmp_path / "raw_data" / split / f"{split}_data_raw.csv").write_text(columns + rows.get(split, ""))
    for file in ("training/xyzs/co_2_a_a_a_a_a_a_2", "training/xyzs/co_2_a_a_a_a_a_a_4"):
        (tmp_path / "raw_data" / f"{file}.xyz").write_text(
            "3\nwritten by molSimplify\nCo 0 0 0\nF 1.8 0 0\nF -1.8 0 0\n"
        )
    for file in ("ligand_test/xyzs/fe_2_b_b_b_b_b_b_1", "ligand_test/xyzs/fe_2_b_b_b_b_b_b_5"):
        (tmp_path / "raw_data" / f"{file}.xyz").write_text(
            "3\nwritten by molSimplify\nFe 0 0 0\nF 1.8 0 0\nF -1.8 0 0\n"
        )
    found = {item.entry: item for item in mbe_tmc.read(tmp_path)}
    assert {name: (i.cluster.multiplicity, i.labels[0].value, i.split, i.parent) for name, i in found.items()} == {
        "co_2_a_a_a_a_a_a_2": (2, 4.6, "training", "co_2_a_a_a_a_a_a"),
        "co_2_a_a_a_a_a_a_4": (4, 4.8, "training", "co_2_a_a_a_a_a_a"),
        "fe_2_b_b_b_b_b_b_1": (1, 5.8, "ligand_test", "fe_2_b_b_b_b_b_b"),
        "fe_2_b_b_b_b_b_b_5": (5, 3.9, "ligand_test", "fe_2_b_b_b_b_b_b"),
    }


@pytest.mark.parametrize("packed", [True, False])
def test_pholed_as_its_repository(tmp_path: Path, packed: bool) -> None:
    (tmp_path / "all_exp_data_with_ref.csv").write_text(
        "Structure_index,Exp. Kr,lmax/nm,Exp. lifetime,QY,Refer\n"
        '1,28571.42857,488,28,0.8,"Chem. Eur. J. 2013, 19, 69-73"\n48,None,624,None,None,Angew.\n49,1,600,1,1,none\n'
    )
    (tmp_path / "optimized_T1_structures").mkdir()
    structure = "3\n\nPt 0 0 0\nCl 2.3 0 0\nCl -2.3 0 0\n"
    if packed:
        with zipfile.ZipFile(tmp_path / "optimized_T1_structures.zip", "w") as archive:
            archive.writestr("T1/1.xyz", structure)
            archive.writestr("T1/048.xyz", structure)
    else:
        (tmp_path / "optimized_T1_structures" / "1.xyz").write_text(structure)
        (tmp_path / "optimized_T1_structures" / "48.xyz").write_text(structure)
    found = {item.entry: {r.target: r.value for r in item.labels} for item in pholed.read(tmp_path)}
    assert found == {
        "train_pool_1": {"emission": 488.0, "quantum_yield": 0.8, "lifetime": 28.0},
        "train_pool_48": {"emission": 624.0},
    }
