from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from mlcluster.data import load, load_together
from mlcluster.data.families import family_key, hold_out, key_of, unite
from mlcluster.errors import DataError
from mlcluster.structure.cluster import Cluster


@pytest.fixture(scope="module")
def models():
    return [replace(item, key=key_of(item)) for item in load("gfn1_models")]


def test_alloys_stand_on_four_frameworks(loaded) -> None:
    alloys = [item for item in loaded("nc_database") if item.entry.startswith("AuAg_NCs/")]
    assert Counter(item.family for item in alloys) == {"M36X24": 90, "M102X44": 90, "M246X80": 90, "M279X84": 90}


def test_every_m25_sr18_of_every_source_is_one_family(loaded, models) -> None:
    names = ("nc_database", "ausr", "ausr_flare", "cod", "nanomodeler")
    united = unite([*models, *(item for name in names for item in loaded(name))])
    found = [item for item in united if item.key == "M25X18"]
    counts = {"gfn1_models": 442, "nc_database": 25, "ausr": 1, "ausr_flare": 23, "cod": 1, "nanomodeler": 3}
    assert Counter(item.source for item in found) == counts
    assert {item.family for item in found} == {"M25(SR)18"}
    assert all(record.family == item.family for item in found for record in item.labels)


def test_bundled_families_are_kept_whole(models) -> None:
    united = unite(models)
    assert [item.family for item in united] == [item.family for item in models]
    assert len({item.key for item in models}) > 7, "the counts alone are finer: vacancies and bridges"
    assert len({item.family for item in united}) == 7


def test_doping_and_another_ligand_leave_the_key_and_a_missing_metal_does_not(models) -> None:
    thiolate = next(item.cluster for item in models if item.family == "M25(SR)18")
    metals = np.flatnonzero(thiolate.numbers > 40)
    numbers = thiolate.numbers.copy()
    numbers[metals[3]] = 47
    assert family_key(thiolate.replace(numbers=numbers, labels=())) == family_key(thiolate) == "M25X18"
    kept = np.delete(np.arange(len(thiolate)), metals[0])
    vacancy = Cluster(numbers=thiolate.numbers[kept], positions=thiolate.positions[kept])
    assert family_key(vacancy) == "M24X18"


@given(seed=st.integers(0, 2**31))
def test_key_knows_neither_orientation_nor_order(models, seed: int) -> None:
    rng = np.random.default_rng(seed)
    cluster = models[int(rng.integers(len(models)))].cluster
    order = rng.permutation(len(cluster))
    turned = cluster.positions @ Rotation.random(rng=rng).as_matrix().T + rng.normal(size=3)
    assert family_key(Cluster(numbers=cluster.numbers[order], positions=turned[order])) == family_key(cluster)


def test_complexes_and_molecules() -> None:
    ethanol = [[0, 0, 0], [1.5, 0, 0], [2.0, 1.35, 0]]
    ether = [[0, 0, 0], [1.4, 0, 0], [2.0, 1.27, 0]]
    ccO, coc = (Cluster(numbers=z, positions=x) for z, x in (([6, 6, 8], ethanol), ([6, 8, 6], ether)))  # noqa: N806
    assert family_key(ccO) != family_key(coc)
    assert family_key(ccO) == family_key(Cluster(numbers=[8, 6, 6], positions=ethanol[::-1]))
    square = [[0, 0, 0], [2.3, 0, 0], [-2.3, 0, 0], [0, 2.0, 0], [0, -2.0, 0]]
    assert family_key(Cluster(numbers=[78, 17, 17, 7, 7], positions=square)) == "Pt(Cl2N2)"


def test_parents_stated_families_and_pairs_unite(entry) -> None:
    a, b, c, d, e = (entry(name, None, atoms=n) for name, n in zip("abcde", (3, 4, 5, 6, 7), strict=True))
    assert len({i.family for i in unite([a, b, c, d, e])}) == 5
    related = [replace(a, parent="p"), replace(b, parent="p"), replace(c, family="f"), replace(d, family="f"), e]
    united = unite(related, pairs=[("d", "e"), ("a", "not there")])
    assert [i.family for i in united] == ["M3X0", "M3X0", "f", "f", "f"]
    other_source = replace(b, parent="p", source="other")
    assert len({i.family for i in unite([related[0], other_source])}) == 2, "parents are names of one source"


@given(
    drawn=st.lists(st.tuples(*(st.integers(0, k) for k in (6, 4, 4, 1))), max_size=20),
    pairs=st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=4),
    order=st.randoms(use_true_random=False),
)
def test_what_is_related_is_one_family_in_any_order(entry, drawn, pairs, order) -> None:
    items = [
        replace(
            template(entry),
            entry=f"e{k}",
            key=f"M{key}X0",
            family=f"f{family}" if family else f"M{key}X0",
            parent=f"p{parent}" if parent else "",
            source=f"s{source}",
        )
        for k, (key, family, parent, source) in enumerate(drawn)
    ]
    declared = [(f"e{a}", f"e{b}") for a, b in pairs]
    shuffled = order.sample(items, len(items))
    names = {item.entry: item.family for item in unite(items, declared)}
    assert names == {item.entry: item.family for item in unite(shuffled, declared)}
    for a in items:
        for b in items:
            alike = a.source == b.source and (a.family == b.family or (a.parent and a.parent == b.parent))
            if a.key == b.key or alike or (a.entry, b.entry) in declared:
                assert names[a.entry] == names[b.entry]
    again = unite(unite(items, declared), declared)
    assert names == {item.entry: item.family for item in again}


@cache
def template(entry):
    return entry("template", None)


def test_a_family_held_out_is_held_out_of_every_stage(loaded, models) -> None:
    stages = {"pretraining": loaded("ausr_flare") + loaded("tmqm")[:50], "training": models, "tuning": loaded("ausr")}
    for name in ("M25(SR)18", "M25X18"):
        left, held = hold_out(stages, [name])
        assert Counter(item.source for item in held) == {"gfn1_models": 442, "ausr_flare": 23, "ausr": 1}
        assert not any(item.key == "M25X18" for items in left.values() for item in items)
        assert sum(map(len, left.values())) + len(held) == sum(map(len, stages.values()))
    left, held = hold_out(stages, ["M25 rod"])
    assert {"M25X8", "M25X7", "M24X7"} <= {item.key for item in held}
    with pytest.raises(DataError, match=r"Did you mean M25\(SR\)18"):
        hold_out(stages, ["M25(SR)"])


def test_declared_pairs_are_held_out_together(entry) -> None:
    stages = {
        "one": [entry("whole", "A", atoms=5)],
        "two": [entry("vacancy", "B", atoms=4), entry("else", "C", atoms=3)],
    }
    left, held = hold_out(stages, ["A"], pairs=[("whole", "vacancy")])
    assert [item.entry for item in held] == ["whole", "vacancy"]
    assert [item.entry for item in left["two"]] == ["else"] and left["one"] == []


def test_sources_together_have_names_of_their_own(prepared, prepared_dir, monkeypatch) -> None:
    monkeypatch.setenv("MLCLUSTER_DATA_DIR", str(prepared_dir))
    prepared("cod"), prepared("ausr")
    items = load_together(["cod", "ausr"])
    assert {item.entry.split("/")[0] for item in items} == {"cod", "ausr"} and len(items) == 68
    assert len({item.family for item in items if item.key == "M25X18"}) == 1
