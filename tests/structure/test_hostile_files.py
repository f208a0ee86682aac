"""Files that are made to break a reader: numbers out of range, devices, pipes, bombs, names that are none."""

from __future__ import annotations

import gzip
import json
import os
import socket
import tracemalloc

import pytest

import mlcluster
from mlcluster.data.frames import comment_pairs, read_frames
from mlcluster.errors import ConfigError, InputError, MlclusterError
from mlcluster.structure.files import printable, read_text
from mlcluster.structure.limits import MAX_CHARGE, whole_charge, whole_multiplicity
from tests.structure.made_cif import cif

XYZ = "4\n{}\nAu 0 0 0\nAu 0 0 2.8\nAu 0 2.4 1.4\nAu 2.4 0.8 1.4\n"
LONG = "9" * 6000


def read(folder, name, text, **options):
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return mlcluster.read(path, **options)


@pytest.mark.parametrize(
    "charge", ["1e400", "inf", "-inf", "nan", "5000000000", LONG, f"-{LONG}", "1.5", "two", "[1,2]", "0x5"]
)
def test_a_charge_out_of_range_is_refused_in_every_format(tmp_path, charge):
    for name, text in (
        ("a.cif", cif(extra=f"_mlcluster_charge {charge}" if "[" not in charge else f"_mlcluster_charge '{charge}'")),
        ("a.xyz", XYZ.format(f'charge="{charge}"')),
    ):
        with pytest.raises(InputError, match=f"{name}.*charge is (out of range|not a whole number)"):
            read(tmp_path, name, text)


@pytest.mark.parametrize("value", ["1e12", "0", "-1", "inf", LONG])
def test_a_multiplicity_out_of_range_is_refused(tmp_path, value):
    for name, text in (
        ("a.cif", cif(extra=f"_mlcluster_multiplicity {value}")),
        ("a.xyz", XYZ.format(f"multiplicity={value}")),
    ):
        with pytest.raises(InputError, match=f"{name}.*multiplicity is (out of range|not a whole number)"):
            read(tmp_path, name, text)


@pytest.mark.parametrize(("given", "charge"), [("1.9999998", 2), ("-0.9999", -1), ("2.0000", 2), ("+3", 3), ("1e0", 1)])
def test_the_noise_of_a_sum_is_no_fraction(tmp_path, given, charge):
    (result,) = read(tmp_path, "a.xyz", XYZ.format(f"charge={given}"))
    assert result.cluster.charge == charge


def test_ranges_hold_at_both_ends():
    assert whole_charge(MAX_CHARGE) == MAX_CHARGE and whole_charge(-MAX_CHARGE) == -MAX_CHARGE
    assert whole_charge(2.0009) == 2 and whole_multiplicity("1") == 1
    for wrong in (MAX_CHARGE + 1, -MAX_CHARGE - 1, 2.0011, True, None, "", [], 10**400):
        with pytest.raises(InputError):
            whole_charge(wrong)
    with pytest.raises(InputError):
        whole_multiplicity(0)


@pytest.mark.parametrize("options", [{"charge": 10**9}, {"multiplicity": 0}, {"charge": 0.5}, {"max_bytes": 0}])
def test_options_have_the_same_ranges(tmp_path, options):
    with pytest.raises((InputError, ConfigError)):
        read(tmp_path, "a.xyz", XYZ.format(""), **options)


def test_formulas_and_formula_units_of_millions_are_not_used(tmp_path):
    for line in (f"_chemical_formula_moiety 'Au{LONG}'", "_chemical_formula_moiety 'Au1e400'"):
        assert read(tmp_path, "a.cif", cif(extra=line))[0].cluster.formula == "Au4H12P4"
    results = read(tmp_path, "a.cif", cif(formula=f"Au{LONG}"))
    assert "formula_mismatch" in results[0].report.codes()
    for units in ("1e400", LONG, "inf", "0", "-4", "1.5", "?"):
        text = cif().replace("_cell_formula_units_Z 1", f"_cell_formula_units_Z {units}")
        assert read(tmp_path, "a.cif", text)[0].cluster.charge == 2


@pytest.mark.parametrize("word", ["1e400", "nan", "inf", LONG, "1e6", "-1e6", "0.5.5", "1,5", "O.5"])
def test_coordinates_and_cells_out_of_range(tmp_path, word):
    with pytest.raises(InputError, match="a.cif"):
        read(tmp_path, "a.cif", cif([["Au1", "Au", word, "0", "0"]]))
    with pytest.raises(InputError, match="a.xyz.*frame 1"):
        read(tmp_path, "a.xyz", XYZ.format("").replace("2.8", word))
    if word != "1e6":
        with pytest.raises(InputError, match="unit cell is missing or flat"):
            read(tmp_path, "a.cif", cif(cell=(16, 16, word, 90, 90, 90)))


@pytest.mark.parametrize(
    "cell",
    [(0, 16, 16, 90, 90, 90), (-16, 16, 16, 90, 90, 90), (16, 16, 16, 0, 90, 90), (16, 16, 16, 90, 90, 180)]
    + [(16, 16, 16, 10, 170, 10), (16, 16, 16, 120, 120, 120), (16, 16, 1e5, 90, 90, 90), (16, 16, 16, 90, 90, 1e-3)],
)
def test_cells_that_are_none(tmp_path, cell):
    with pytest.raises(InputError, match="a.cif.*(flat|no cell has these angles)"):
        read(tmp_path, "a.cif", cif(cell=cell))


@pytest.mark.parametrize(
    "text",
    [
        XYZ.format("Properties=species:S:1:pos:R:999999999999:label:S:1"),
        XYZ.format("Properties=species:S:1:pos:R:3:label:S:1"),
        XYZ.format("Properties=species:S:1:pos:R"),
        XYZ.format("Properties=species:S:0:pos:R:3"),
        XYZ.format("Properties=species:S:-1:pos:R:3"),
        XYZ.format("Properties=pos:R:3"),
        XYZ.format(f"Properties=species:S:{LONG}:pos:R:3"),
        XYZ.format('Lattice="0 0 0 0 0 0 0 0 0"'),
        XYZ.format('Lattice="1e200 0 0 0 1e200 0 0 0 1e200"'),
        XYZ.format('Lattice="1 2 3"'),
        XYZ.format("").replace("Au 0 0 0", "\N{SUPERSCRIPT TWO} 0 0 0"),
        XYZ.format("").replace("Au 0 0 0", "0 0 0 0"),
        XYZ.format("").replace("Au 0 0 0", "999 0 0 0"),
        XYZ.format("").replace("Au 0 0 0", f"{LONG} 0 0 0"),
        XYZ.format("").replace("4\n", "\N{SUPERSCRIPT FOUR}\n", 1),
        XYZ.format("").replace("4\n", f"{LONG}\n", 1),
        XYZ.format("").replace("4\n", "999999999999\n", 1),
        XYZ.format("").replace("4\n", "-4\n", 1),
        "0\n\n0\n\n",
    ],
)
def test_hostile_xyz_is_one_error(tmp_path, text):
    with pytest.raises(InputError, match="a.xyz"):
        read(tmp_path, "a.xyz", text)


@pytest.mark.parametrize("properties", ["Z:I:1:pos:R:3", "numbers:I:1:pos:R:3", "pos:R:3:Z:I:1"])
def test_atomic_numbers_in_place_of_symbols(tmp_path, properties):
    rows = ["0 0 0", "0 0 2.8", "0 2.4 1.4"]
    atoms = [f"{row} 79" if properties.startswith("pos") else f"79 {row}" for row in rows]
    text = "3\n" + f"Properties={properties} charge=1\n" + "\n".join(atoms) + "\n"
    (result,) = read(tmp_path, "z.xyz", text)
    assert (result.cluster.formula, result.cluster.charge) == ("Au3", 1)


def test_an_empty_frame_is_passed_over(tmp_path):
    assert [r.cluster.formula for r in read(tmp_path, "a.xyz", "0\nnothing\n" + XYZ.format(""))] == ["Au4"]
    assert len(read(tmp_path, "a.xyz", XYZ.format("") + "0\n\n" + XYZ.format(""))) == 2


def test_one_bad_frame_costs_no_other(tmp_path):
    bad = XYZ.format("").replace("2.8", "x")
    results = read(tmp_path, "a.xyz", XYZ.format("") + bad + XYZ.format(""))
    assert len(results) == 2 and "frame 2" in str(results.failed[0])
    document = [json.loads("{}"), mlcluster.Cluster(numbers=[79], positions=[[0, 0, 0]]).to_pymatgen().as_dict()]
    results = read(tmp_path, "a.json", json.dumps(document))
    assert len(results) == 1 and "entry 1" in str(results.failed[0])


def test_a_comment_line_of_one_long_word_takes_no_time(tmp_path):
    long = "a" * 200_000
    for comment in (long, f"{long} {long}", "a-" * 100_000, 'a="' * 60_000, 'a="\\" ' * 40_000, "=" * 200_000):
        assert comment_pairs(comment) is not None
        assert read(tmp_path, "a.xyz", XYZ.format(comment))[0].cluster.formula == "Au4"
    assert next(read_frames(tmp_path / "a.xyz")).numbers.tolist() == [79] * 4


def test_devices_pipes_and_sockets_are_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.cif")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s.cif"))
        (tmp_path / "link.cif").symlink_to("/dev/zero")
        for path in (
            "/dev/zero",
            "/dev/null",
            "/dev/urandom",
            *(tmp_path / n for n in ("pipe.cif", "s.cif", "link.cif")),
        ):
            with pytest.raises(InputError, match="not a file.*device, pipe or socket"):
                mlcluster.read(path)


@pytest.mark.parametrize("name", ["nul\0in it.cif", "x" * 5000 + ".cif", "\udcfc.cif", "a/\n/b.cif"])
def test_a_name_that_is_none(tmp_path, name):
    with pytest.raises(InputError) as caught:
        mlcluster.read(f"{tmp_path}/{name}")
    assert str(caught.value).encode() and "\0" not in str(caught.value)
    (row,) = mlcluster.inspect(f"{tmp_path}/{name}")
    assert row["error"] and json.dumps(row) and row["file"].encode()


def test_a_name_in_latin_1_is_read(tmp_path):
    path = os.fsencode(tmp_path) + b"/M\xfcller.xyz"
    with open(path, "w") as stream:
        stream.write(XYZ.format(""))
    (row,) = mlcluster.inspect(os.fsdecode(path))
    assert row["clusters"][0]["formula"] == "Au4" and row["file"] == printable(os.fsdecode(path))
    assert row["file"].encode()


def test_the_limit_of_size_is_stated_and_counts_what_expands(tmp_path):
    text = XYZ.format("").encode()
    path = tmp_path / "a.xyz"
    path.write_bytes(text)
    assert read_text(path, len(text)).text == text.decode()
    with pytest.raises(InputError, match="too large"):
        read_text(path, len(text) - 1)
    with pytest.raises(InputError, match="too large"):
        mlcluster.read(path, max_bytes=20)
    bomb = tmp_path / "bomb.xyz.gz"
    with gzip.open(bomb, "wb", compresslevel=1) as stream:
        stream.write(b"100000000\ncomment\n")
        for _ in range(30):
            stream.write(b"Au 0 0 0\n" * 100_000)
    tracemalloc.start()
    with pytest.raises(InputError, match="too large.*2 MB"):
        mlcluster.read(bomb, max_bytes=2_000_000)
    assert tracemalloc.get_traced_memory()[1] < 30_000_000
    tracemalloc.stop()


POSCAR = "c\n1.0\n{0} 0 0\n0 {0} 0\n0 0 {0}\nAu\n{1}\nDirect\n0.5 0.5 0.5\n0.5 0.5 0.64\n"


def test_hostile_poscars(tmp_path):
    assert read(tmp_path, "POSCAR", POSCAR.format(20, 2))[0].cluster.formula == "Au2"
    wrong = [POSCAR.format(0, 2), POSCAR.format("1e200", 2), POSCAR.format("nan", 2), POSCAR.format(20, "999999999999")]
    wrong += [POSCAR.format(20, LONG), POSCAR.format(20, 0), POSCAR.format(20, 2).replace("1.0", "0")]
    wrong += [POSCAR.format(20, 2).replace("Au", "Qq"), POSCAR.format(20, 2).replace("0.64", "1e300")]
    for text in wrong:
        with pytest.raises(InputError, match="POSCAR"):
            read(tmp_path, "POSCAR", text)


@pytest.mark.parametrize("declare", [{"S": "thiol"}, {"C": "thiolate"}, {"": ""}, {"S": ""}])
def test_only_what_can_be_declared_is(tmp_path, declare):
    with pytest.raises(ConfigError, match="S:thiolate"):
        read(tmp_path, "a.xyz", XYZ.format(""), declare=declare)


def test_a_declared_ligand_is_kept_with_the_cluster(tmp_path):
    text = "3\n\nAu 0 0 0\nS 0 0 2.3\nAu 0 0 4.6\n"
    for options in ({"declare": {"S": "thiolate"}}, {"declared_ligands": ("S:thiolate",)}):
        (result,) = read(tmp_path, "a.xyz", text, **options)
        assert result.cluster.declared_ligands == ("S:thiolate",)
        assert "bare_sulfur" not in result.report.codes()
    assert read(tmp_path, "a.xyz", text)[0].cluster.declared_ligands == ()


def test_errors_that_cross_a_process_keep_their_place():
    error = InputError("wrong.", file="a.cif", site="Au1").within("data_x")
    assert error.site == "data_x, Au1" and error.within("data_x").site == error.site
    assert isinstance(error, MlclusterError) and str(error).startswith("a.cif, data_x, Au1: wrong.")
