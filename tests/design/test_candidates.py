"""Sets of candidates: chains, restrictions, samples, files and recipes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import mlcluster
import mlcluster.design as design
from mlcluster.anatomy import Anatomy
from mlcluster.design.edits.records import Substitution, edits_text, parse_edits
from mlcluster.design.enumeration.steps import parse_step
from mlcluster.design.frameworks import build
from mlcluster.errors import ConfigError, InputError, MlclusterError, StructureError


def texts(found: design.CandidateSet) -> list[str]:
    return [edits_text(candidate.edits) for candidate in found]


def test_a_set_is_the_same_every_time() -> None:
    found = design.substitute("rod-eclipsed", to=["Pd", "Hg"], k="1-2", limit=50)
    first = texts(found)
    assert len(first) == 50
    assert texts(found) == first
    assert (found.count_enumerated, found.count_distinct) == (650, 74)


def test_every_candidate_has_the_electrons_it_says() -> None:
    chain = ["vacancy of=Au", "swap to=Br of=Cl k=1", "substitute to=Pd,Hg of=Ag"]
    found = design.design("rod-staggered", chain, sample=12, seed=4)
    candidates = list(found)
    assert len(candidates) == 12
    assert len({c.cluster.name for c in candidates}) == len(set(texts(found))) == 12
    for candidate in candidates:
        assert Anatomy(candidate.cluster).valence_electrons == candidate.valence_electrons == 16
        assert candidate.open_shell is False
        assert candidate.cluster.source.edits == edits_text(candidate.edits)
        assert candidate.cluster.source.sha256 is None


def test_odd_electrons_are_flagged() -> None:
    candidates = list(design.substitute("rod-eclipsed", to="Pd", k="1-2", keep="charge"))
    for candidate in candidates:
        odd = candidate.cluster.composition["Pd"] == 1
        assert (candidate.open_shell, candidate.cluster.multiplicity) == ((True, 2) if odd else (False, 1))
        assert candidate.valence_electrons == 16 - candidate.cluster.composition["Pd"]


def test_symmetry_of_donors_and_of_all_atoms_tells_more_apart() -> None:
    counts = [
        design.substitute("rod-eclipsed", to="Cu", symmetry=part).count_distinct for part in ("kernel", "core", "whole")
    ]
    # The bridges of E leave C2v of D5h: three orbits on the axis, and of either ten-ring a pair in the plane and two
    # fours. The hydrogens leave the mirror between the ends: the shared atom and twelve pairs.
    assert counts == [5, 9, 13]


def test_mirror_images_apart_come_in_pairs() -> None:
    one = list(design.substitute("m25-thiolate", to="Cu", k=2))
    apart = list(design.substitute("m25-thiolate", to="Cu", k=2, mirror_images="apart"))
    assert (len(one), len(apart), sum(c.chiral for c in one)) == (20, 28, 8)
    pairs = {c.cluster.name: c.mirror_of for c in apart if c.mirror_of}
    assert len(pairs) == 8
    assert set(pairs.values()) <= {c.cluster.name for c in apart}


def test_named_sites_stand_for_themselves_alone() -> None:
    found = design.substitute("m13-phosphine", to="Ag", sites="Au3,Au4,Au5", k="1-2")
    candidates = list(found)
    # Three atoms of one ring: one single; two pairs of neighbours and one pair across.
    assert [c.copies for c in candidates] == [3, 2, 1]
    assert (found.count_enumerated, found.count_distinct) == (6, 3)
    chosen = [edit.sites for c in candidates for edit in c.edits if isinstance(edit, Substitution)]
    assert {site for sites in chosen for site in sites} <= {"Au3", "Au4", "Au5"}


def test_twists_to_both_sides_of_an_achiral_rod_are_mirror_images() -> None:
    assert texts(design.twist("rod-eclipsed", degrees=[6, -6])) == ["twist Au2 by 6"]
    assert len(list(design.twist("rod-eclipsed", degrees=[6, -6], mirror_images="apart"))) == 2
    chiral = design.design("rod-halide", ["twist degrees=6,-6"])
    assert len(list(chiral)) == 1
    assert len(list(design.twist(build("rod-halide", twist=12.0), degrees=[6, -6]))) == 2


def test_vacancies_and_bare_metals() -> None:
    assert texts(design.vacancy("rod-eclipsed")) == ["vacancy Ag1", "vacancy Au3"]
    with pytest.raises(StructureError, match=r"nothing to vacate.*--bare"):
        list(design.vacancy("m25-thiolate"))
    bare = list(design.vacancy("m25-thiolate", bare=True))
    assert [c.cluster.formula for c in bare] == ["Au24H18S18"] * 2
    assert [c.cluster.charge for c in bare] == [-2, -2]


def test_vacancies_filled_in_a_chain_give_the_parent_once() -> None:
    found = list(design.design("rod-eclipsed", ["vacancy of=Au k=1", "fill metal=Au ligand=PH3 cap=6"]))
    assert [c.cluster.formula for c in found] == [build("rod-eclipsed").formula]


def test_a_chain_goes_on_past_what_leads_nowhere() -> None:
    """Without one of its two centres a rod is none: that branch is refused with the reason, the others are made."""
    found = design.design("rod-eclipsed", ["vacancy sites=Au1,Au2,Au3", "twist degrees=6"])
    assert texts(found) == ["vacancy Au1; twist Au2 by 6", "vacancy Au3; twist Au2 by 6"]
    assert [(row["edits"], "no rod" in row["reason"]) for row in found.refused] == [(["vacancy Au2"], True)]
    assert (found.count_refused, found.count_distinct) == (1, 3)


def test_a_sample_of_nothing_is_an_error() -> None:
    with pytest.raises(StructureError, match="nothing to vacate"):
        list(design.vacancy("m25-thiolate", sample=3))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("substitut to=Ag", "Did you mean substitute?"),
        ("substitute too=Ag", "Did you mean to?"),
        ("substitute k=2", "lacks a setting"),
        ("substitute to=Ag k=none", "not a number of sites"),
        ("twist degrees=six", "not a number"),
        ("vacancy all", "not a step"),
    ],
)
def test_steps_that_make_no_sense_are_refused(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint.replace("?", r"\?")):
        parse_step(text)


@pytest.mark.parametrize(
    ("verb", "settings", "complaint"),
    [
        ("substitute", {"parent": "rod-eclipsd", "to": "Ag"}, "Did you mean rod-eclipsed?"),
        ("substitute", {"parent": "rod-eclipsed", "to": "Agg"}, "Did you mean Ag?"),
        ("substitute", {"parent": "rod-eclipsed", "to": "Ag", "sites": "Au99"}, "Did you mean Au9?"),
        ("substitute", {"parent": "rod-eclipsed", "to": "Ag", "of": "Pt"}, "not enough sites"),
        ("swap", {"parent": "rod-eclipsed", "to": "Br", "of": "PPh3"}, "Did you mean PH3?"),
        ("swap", {"parent": "rod-eclipsed", "to": "SMe"}, "not enough ligands"),
        ("twist", {"parent": "m13-phosphine", "degrees": 6}, "no rod to twist"),
        ("fill", {"parent": "m25-thiolate"}, "State both"),
        ("fill", {"parent": "m13-phosphine", "cap": 6}, "no open site to fill"),
        ("vacancy", {"parent": "rod-eclipsed", "mirror_images": "two"}, "counted as one or kept apart"),
        ("vacancy", {"parent": "rod-eclipsed", "keep": "spin"}, "electrons, charge"),
        ("vacancy", {"parent": "rod-eclipsed", "symmetry": "half"}, "no such part"),
    ],
)
def test_errors_are_clear(verb: str, settings: dict, complaint: str) -> None:
    with pytest.raises(MlclusterError, match=complaint.replace("?", r"\?")):
        list(getattr(design, verb)(settings.pop("parent"), **settings))


@pytest.mark.parametrize("form", ["xyz", "cif", "packed"])
def test_files_hold_what_was_made(tmp_path: Path, form: str) -> None:
    found = design.substitute("m13-phosphine", to="Pd", k="1-2", keep="charge")
    result = design.write_candidates(found, tmp_path / "out", form)  # type: ignore[arg-type]
    listed = json.loads((tmp_path / "out" / "design.json").read_text())
    assert listed["candidates"] == result["candidates"]
    assert (result["count_enumerated"], result["count_distinct"], result["complete"]) == (91, 6, True)
    for row in result["candidates"]:
        file, _, frame = row["file"].partition("#")
        cluster = mlcluster.read(file, cluster=int(frame) if frame else None)[0].cluster
        assert (cluster.formula, cluster.charge, cluster.multiplicity) == (row["formula"], 3, row["multiplicity"])
        assert cluster.source.parent == "m13-phosphine"
        assert [str(edit) for edit in parse_edits(cluster.source.edits or "")] == row["edits"]
        again = design.apply_edits(build("m13-phosphine"), parse_edits(cluster.source.edits or ""), keep="charge")
        np.testing.assert_allclose(
            again.positions - again.positions[0], cluster.positions - cluster.positions[0], atol=2e-6
        )
    with pytest.raises(InputError, match="holds candidates already"):
        design.write_candidates(found, tmp_path / "out")


def test_an_interrupted_set_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = design.substitute("m13-phosphine", to="Pd", k=2)
    make = design.CandidateSet._candidate

    def interrupted(self: design.CandidateSet, node: object) -> object:
        if self._made == 2:
            raise KeyboardInterrupt
        return make(self, node)  # type: ignore[arg-type]

    monkeypatch.setattr(design.CandidateSet, "_candidate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        design.write_candidates(found, tmp_path)
    listed = json.loads((tmp_path / "design.json").read_text())
    assert listed["complete"] is False
    assert len(listed["candidates"]) == 2
    assert all(Path(row["file"]).is_file() for row in listed["candidates"])
    assert not list(tmp_path.glob(".*"))


RECIPE = """
keep: electrons
sets:
  - {name: singles, parent: m13-phosphine, options: {metal: Ag}, steps: [substitute: {to: [Au, Pd]}]}
  - {name: chain, parent: one.xyz, limit: 3, steps: [vacancy: {}, substitute: {to: Cu}]}
"""


def test_a_recipe_makes_its_sets(tmp_path: Path) -> None:
    (tmp_path / "one.xyz").write_text(build("m13-phosphine").to_xyz())
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    result = design.run_recipe(tmp_path / "recipe.yaml", tmp_path / "out")
    assert [(s["name"], len(s["candidates"])) for s in result["sets"]] == [("singles", 4), ("chain", 3)]
    assert result["candidates"] == 7
    frames = mlcluster.read(tmp_path / "out" / "singles" / "candidates-0000.extxyz")
    assert [frame.cluster.name for frame in frames] == [f"singles {n:05d}" for n in range(1, 5)]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("keep:", "kep:", "Did you mean keep?"),
        ("parent: m13", "parnt: m13", "Did you mean parent?"),
        ("name: chain", "name: singles", "one name"),
        ("substitute: {to: Cu}", "to: Cu", "no such step"),
        ("sets:", "set:", "list of sets"),
        ("m13-phosphine, options", "m13-phosphin, options", "Did you mean m13-phosphine?"),
    ],
)
def test_faults_of_a_recipe_are_named(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    (tmp_path / "one.xyz").write_text(build("m13-phosphine").to_xyz())
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE.replace(old, new))
    with pytest.raises(MlclusterError, match=complaint.replace("?", r"\?")) as caught:
        list(design.recipe_sets(path))
    assert "recipe.yaml" in str(caught.value)


def test_relaxation_is_made_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tblite")
    (candidate,) = design.substitute("m3-phosphine", to="Ag", relax=True)
    assert candidate.relaxed
    (open_shell,) = design.substitute("m3-phosphine", to="Pd", keep="charge", relax=True)
    assert (open_shell.relaxed, open_shell.open_shell) == (False, True)
