"""Families of clusters, by metals, donors and skeleton: what is held out together."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mlcluster.anatomy import Anatomy
from mlcluster.chem.elements import SYMBOLS
from mlcluster.data.labelled import LabelledCluster
from mlcluster.errors import DataError
from mlcluster.geometry.bonds import Bonds

_ROUNDS = 4  # neighbour shells that the graph of a molecule is told apart by


def family_key(anatomy: Anatomy) -> str:
    """Key of one structure, from its atoms alone.

    Anionic donors are counted by formal charge, a doubly charged ligand twice; where geometry leaves the charge of a
    ligand open, the smaller one is taken.

    >>> from mlcluster.structure.cluster import Cluster
    >>> family_key(Anatomy(Cluster(numbers=[78, 17, 17], positions=[[0, 0, 0], [2.3, 0, 0], [-2.3, 0, 0]])))
    'Pt(Cl2)'
    """
    cluster, metals = anatomy.cluster, anatomy.metal
    if metals.sum() > 1:
        return count_key(int(metals.sum()), -sum(ligand.charge[1] for ligand in anatomy.ligands))
    bonds = anatomy.bonds
    if metals.any():
        centre = int(np.flatnonzero(metals)[0])
        donors = Counter(SYMBOLS[z] for z in cluster.numbers[bonds.second[bonds.first == centre]].tolist())
        inner = "".join(f"{symbol}{count}" for symbol, count in sorted(donors.items()))
        return f"{SYMBOLS[cluster.numbers[centre]]}({inner})"
    return _skeleton_key(cluster.numbers, bonds)


def count_key(n_metals: int, n_anionic_donors: int) -> str:
    """Key of a cluster by its counts, for entries known by formula only."""
    return f"M{n_metals}X{n_anionic_donors}"


def key_of(item: LabelledCluster) -> str:
    """Key of an entry: the one stored when its source was prepared, or made from its structure."""
    return item.key or family_key(Anatomy(item.cluster))


def unite(items: Sequence[LabelledCluster], pairs: Iterable[tuple[str, str]] = ()) -> list[LabelledCluster]:
    """Give every entry the family it has among all entries given.

    Parameters
    ----------
    items
        Entries of any number of sources; pass all that any stage of training will see.
    pairs
        Identifiers of entries that are related although their counts differ, a cluster and its vacancy for instance;
        an identifier that does not occur is passed over.

    Returns
    -------
    list[LabelledCluster]
        The same entries in their order. A family has the commonest name that a source gave to one of its members, else
        their commonest key.
    """
    links: list[tuple[str, str]] = []
    keys = [key_of(item) for item in items]
    nodes = [f"entry {number}" for number in range(len(items))]
    named: dict[str, list[str]] = {}
    for node, item, key in zip(nodes, items, keys, strict=True):
        links.append((node, f"key {key}"))
        if item.family is not None:
            links.append((node, f"family {item.source} {item.family}" if item.family != key else f"key {key}"))
        if item.parent:
            links.append((node, f"parent {item.source} {item.parent}"))
        named.setdefault(item.entry, []).append(node)
    for a, b in pairs:
        members = [*named.get(a, ()), *named.get(b, ())] if a in named and b in named else []
        links += [(members[0], node) for node in members]
    groups = connected(links)
    roots = [groups[node] for node in nodes]
    stated: dict[int, Counter[str]] = {}
    counted: dict[int, Counter[str]] = {}
    for root, item, key in zip(roots, items, keys, strict=True):
        counted.setdefault(root, Counter()).update([key])
        if item.family is not None and item.family != key:
            stated.setdefault(root, Counter()).update([item.family])
    names = {root: _commonest(stated.get(root) or keys_of) for root, keys_of in counted.items()}
    return [renamed(item, names[root], key) for item, root, key in zip(items, roots, keys, strict=True)]


def connected(links: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Number of the set that each name is in when linked names, and those linked to them, are one set.

    >>> sets = connected([("a", "b"), ("b", "c"), ("d", "d")])
    >>> sets["a"] == sets["c"], sets["a"] == sets["d"]
    (True, False)
    """
    places: dict[str, int] = {}
    ends = [(places.setdefault(a, len(places)), places.setdefault(b, len(places))) for a, b in links]
    first, second = np.array(ends, dtype=np.int64).reshape(-1, 2).T
    graph = coo_array((np.ones(len(first), dtype=bool), (first, second)), shape=(len(places), len(places)))
    numbers = connected_components(graph, directed=False)[1] if places else np.zeros(0, dtype=int)
    return dict(zip(places, numbers.tolist(), strict=True))


def hold_out(
    stages: Mapping[str, Sequence[LabelledCluster]], families: Iterable[str], pairs: Iterable[tuple[str, str]] = ()
) -> tuple[dict[str, list[LabelledCluster]], list[LabelledCluster]]:
    """Take families out of every stage of training: every source, every method, pretraining as well.

    Parameters
    ----------
    stages
        Entries of each stage by its name.
    families
        Families to hold out, by the name they have after `unite`, the name their source gives them, or their key.
    pairs
        As in `unite`.

    Returns
    -------
    tuple[dict[str, list[LabelledCluster]], list[LabelledCluster]]
        What is left of each stage, and all that was held out; families united in both.

    Raises
    ------
    DataError
        If a family is not known to any stage.
    """
    order = [(name, item) for name, items in stages.items() for item in items]
    united = unite([item for _, item in order], pairs)
    aliases: dict[str, set[str]] = {}
    for (_, before), after in zip(order, united, strict=True):
        for name in filter(None, (after.family, before.family, after.key)):
            aliases.setdefault(name, set()).add(str(after.family))
    held: set[str] = set()
    for name in families:
        if name not in aliases:
            near = get_close_matches(name, aliases, n=1)
            raise DataError("no such family.", found=name, hint=f"Did you mean {near[0]}?" if near else None)
        held |= aliases[name]
    left: dict[str, list[LabelledCluster]] = {name: [] for name in stages}
    out = []
    for (stage, _), item in zip(order, united, strict=True):
        if item.family in held:
            out.append(item)
        else:
            left[stage].append(item)
    return left, out


def renamed(item: LabelledCluster, family: str, key: str) -> LabelledCluster:
    """Copy of an entry and its labels under another family."""
    if item.family == family and item.key == key:
        return item
    labels = tuple(replace(record, family=family) for record in item.labels)
    return replace(item, family=family, key=key, labels=labels)


def _commonest(names: Counter[str]) -> str:
    return min(names, key=lambda name: (-names[name], name))


def _skeleton_key(numbers: np.ndarray, bonds: Bonds) -> str:
    """Hash of the heavy atoms and their bonds by repeated exchange of neighbourhoods (Weisfeiler and Leman)."""
    heavy = numbers > 1
    inner = heavy[bonds.first] & heavy[bonds.second]
    first, second = bonds.first[inner], bonds.second[inner]
    colours = {int(atom): SYMBOLS[numbers[atom]] for atom in np.flatnonzero(heavy)}
    partners: dict[int, list[int]] = {atom: [] for atom in colours}
    for a, b in zip(first.tolist(), second.tolist(), strict=True):
        partners[a].append(b)
    for _ in range(_ROUNDS):
        colours = {
            atom: _short_hash(colour + "".join(sorted(colours[other] for other in partners[atom])))
            for atom, colour in colours.items()
        }
    return f"molecule {_short_hash(' '.join(sorted(colours.values())))}"


def _short_hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
