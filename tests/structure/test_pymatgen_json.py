"""pymatgen JSON is data: its own fields are read one by one, and what it names is neither imported nor called."""

from __future__ import annotations

import copy
import json
import sys

import numpy as np
import pytest
from pymatgen.core import Lattice, Molecule, Structure

import mlcluster
from mlcluster.errors import InputError
from mlcluster.structure.crystal import Site, crystal_of_sites

GOLD = [[0, 0, 0], [0, 0, 2.8], [0, 2.4, 1.4], [2.4, 0.8, 1.4]]
MOLECULE = Molecule(["Au"] * 4, GOLD).as_dict()


def read(tmp_path, document, name="made.json"):
    path = tmp_path / name
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return mlcluster.read(path)


def changed(document, *path, to):
    """The document with another value at a path of keys."""
    document = copy.deepcopy(document)
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return document


PLANTED = {"@module": "planted_module", "@class": "X", "filename": "secret.txt"}


@pytest.mark.parametrize(
    "place",
    [
        ("sites", 0, "properties"),
        ("sites", 0, "properties", "x"),
        ("properties",),
        ("properties", "x"),
        ("spin_multiplicity",),
        ("charge",),
        ("sites", 0, "label"),
        ("sites", 0, "species", 0, "properties"),
        ("extra",),
        (),
    ],
)
def test_what_a_document_names_is_not_imported(tmp_path, monkeypatch, place):
    (tmp_path / "planted_module.py").write_text("raise SystemExit('the code of a stranger ran')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    base = copy.deepcopy(MOLECULE)
    for site in base["sites"]:
        site.setdefault("properties", {})
    base.setdefault("properties", {})
    document = {**base, **PLANTED} if not place else changed(base, *place, to=PLANTED)
    try:
        (result,) = read(tmp_path, document)
        assert result.cluster.formula == "Au4"
    except InputError as error:
        assert place in (("spin_multiplicity",), ("charge",)) and "whole number" in str(error)
    assert "planted_module" not in sys.modules


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("sites",), 3, "not a pymatgen"),
        (("sites",), [], "not a pymatgen"),
        (("sites", 0), [1], "a site cannot be read"),
        (("sites", 0, "xyz"), [0, 0], "coordinates cannot be read"),
        (("sites", 0, "xyz"), ["0", "0", "nan"], "coordinates cannot be read"),
        (("sites", 0, "xyz"), [[0], [0], [0]], "coordinates cannot be read"),
        (("sites", 0, "xyz"), [0, 0, 1e9], "coordinate is out of range"),
        (("sites", 0, "xyz"), None, "coordinates cannot be read"),
        (("sites", 0, "xyz"), [0, 0, True], "coordinates cannot be read"),
        (("sites", 0, "species"), "Au", "no species"),
        (("sites", 0, "species"), [], "no species"),
        (("sites", 0, "species"), [["Au", 1]], "not of a known element"),
        (("sites", 0, "species", 0, "element"), ["Au"], "not of a known element"),
        (("sites", 0, "species", 0, "element"), "Xx", "not of a known element"),
        (("sites", 0, "species", 0, "occu"), 7, "occupancy is outside"),
        (("sites", 0, "species", 0, "occu"), "1", "occupancy cannot be read"),
        (("charge",), 1e400, "whole number"),
        (("charge",), 5_000_000_000, "entry 1: .*out of range"),
        (("charge",), "one", "whole number"),
        (("charge",), [1], "whole number"),
        (("spin_multiplicity",), 1e12, "out of range"),
        (("spin_multiplicity",), -1, "out of range"),
        (("properties",), {"charge": 0.5}, "whole number"),
        (("lattice",), [1], "lattice cannot be read"),
        (("lattice",), {"matrix": [[1, 0], [0, 1]]}, "lattice cannot be read"),
        (("lattice",), {"matrix": np.zeros((3, 3)).tolist()}, "flat"),
        (("lattice",), {"a": 10, "b": 10, "c": 10, "alpha": 90, "beta": 90, "gamma": 400}, "flat"),
        (("lattice",), {"a": 10, "b": 10, "c": 10, "alpha": 1e-300, "beta": 1e-300, "gamma": 10}, "flat"),
    ],
)
def test_right_words_in_wrong_shapes_are_one_error(tmp_path, path, value, message):
    with pytest.raises(InputError, match=f"made.json.*{message}"):
        read(tmp_path, changed(MOLECULE, *path, to=value))


@pytest.mark.parametrize(("value", "label"), [(["a"], "Au1"), ({}, "Au1"), ("Au\n7", "Au7"), ("\ud800x", r"\ud800x")])
def test_a_label_is_text_or_made_anew(tmp_path, value, label):
    (result,) = read(tmp_path, changed(MOLECULE, "sites", 0, "label", to=value))
    assert result.cluster.labels[0] == label
    assert result.cluster.to_xyz().encode() and result.cluster.to_cif().encode()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("[]", "empty list"),
        ("{}", "not a pymatgen"),
        ("[1]", "not a pymatgen"),
        ('{"sites": [', "not valid JSON"),
        ('{"sites": ' + "9" * 6000 + "}", "not a pymatgen"),
    ],
)
def test_documents_that_are_none(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)


def test_a_number_of_thousands_of_digits(tmp_path):
    text = json.dumps(changed(MOLECULE, "sites", 0, "xyz", to=[0, 0, "N"])).replace('"N"', "9" * 6000)
    with pytest.raises(InputError, match="coordinates cannot be read"):
        read(tmp_path, text)


def test_what_pymatgen_writes_is_read(tmp_path):
    lattice = Lattice.from_parameters(20, 21, 22, 90, 100, 90)
    places = [[0.3, 0.3, 0.3], [0.3, 0.3, 0.43], [0.3, 0.42, 0.36]]
    structure = Structure(lattice, ["Au", {"Au": 0.7, "Ag": 0.3}, "Cl"], places, labels=["Au7", "M1", "Cl9"], charge=0)
    (result,) = read(tmp_path, structure.as_dict())
    assert result.cluster.composition == {"Au": 2, "Cl": 1} and "Cl9" in result.cluster.labels
    found = result.cluster.positions[result.cluster.labels.index("Cl9")]
    gold = result.cluster.positions[result.cluster.labels.index("Au7")]
    assert np.linalg.norm(found - gold) == pytest.approx(structure.get_distance(0, 2), abs=1e-6)
    stated = Molecule(["Au", "Cl"], [[0, 0, 0], [0, 0, 2.2]], charge=-1, spin_multiplicity=2)
    cluster = read(tmp_path, [stated.as_dict(), structure.as_dict()])[0].cluster
    assert (cluster.charge, cluster.multiplicity) == (-1, 2)
    bare = structure.as_dict()
    bare["lattice"] = {key: bare["lattice"][key] for key in ("a", "b", "c", "alpha", "beta", "gamma")}
    assert read(tmp_path, bare)[0].cluster.composition == {"Au": 2, "Cl": 1}
    assert read(tmp_path, json.dumps(MOLECULE), "gold.json")[0].cluster.charge is None


def test_occupancies_and_sites_beyond_the_cell(tmp_path):
    document = changed(MOLECULE, "lattice", to={"matrix": [[20, 0, 0], [0, 20, 0], [0, 0, 20]], "pbc": [False] * 3})
    assert read(tmp_path, document)[0].cluster.crystal is None
    document["lattice"].pop("pbc")
    document["sites"][0]["abc"] = [0.0, 0.0, 5000.0]
    with pytest.raises(InputError, match="out of range"):
        read(tmp_path, document)


def test_labels_are_told_apart_and_only_mixed_sites_have_groups():
    gold, mixed = ((79, 1.0),), ((79, 0.7), (47, 0.3))
    named = [(gold, "Au3"), (gold, "Au2"), (gold, "Au3"), (mixed, "M1"), (gold, "Au2"), (gold, "Au")]
    rows = [Site(species=what, coordinates=np.full(3, 3.0 * k), label=label) for k, (what, label) in enumerate(named)]
    crystal = crystal_of_sites(rows, None, "made.json")
    assert crystal.labels == ("Au3", "Au2", "Au3'", "Au4", "Ag4", "Au5", "Au6")
    assert crystal.group.tolist() == [0, 0, 0, 1, 2, 0, 0]
    assert crystal.occupancy.tolist() == [1.0, 1.0, 1.0, 0.7, 0.3, 1.0, 1.0]
