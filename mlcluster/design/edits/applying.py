"""An edit turns a cluster into a candidate: atoms, charge, multiplicity, and the record of how it was made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mlcluster.chem.elements import is_metal
from mlcluster.design.edits.change import Change
from mlcluster.design.edits.contacts import ImpossibleGeometryError, first_clash
from mlcluster.design.edits.electrons import Keep, new_charge, new_multiplicity
from mlcluster.design.edits.filling import filled
from mlcluster.design.edits.host import Host
from mlcluster.design.edits.metal_sites import substituted, vacated
from mlcluster.design.edits.records import Edit, Filling, LigandSwap, Substitution, Twist, Vacancy, edits_text
from mlcluster.design.edits.swapping import swapped
from mlcluster.design.edits.twisting import twisted
from mlcluster.structure.cluster import Cluster, Source


def changed(host: Host, edit: Edit, keep: Keep = "electrons") -> Change:
    """The atoms after one edit."""
    match edit:
        case Substitution():
            return substituted(host, edit, keep)
        case Vacancy():
            return vacated(host, edit, keep)
        case Filling():
            return filled(host, edit, keep)
        case LigandSwap():
            return swapped(host, edit, keep)
        case Twist():
            return twisted(host, edit)


def settled(host: Host, change: Change, edit: Edit, keep: Keep = "electrons") -> Host:
    """The cluster after a change, with charge, multiplicity, parent and edits; its electrons known without a recount.

    Raises
    ------
    ImpossibleGeometryError
        If atoms come too near to each other.
    """
    before = host.cluster
    charge = before.charge if change.brought is None else new_charge(before.charge, change.brought, keep)
    odd = None if charge is None else bool((int(change.numbers.sum()) - charge) % 2)
    was_odd = None if before.n_electrons is None else bool(before.n_electrons % 2)
    text = edits_text([edit])
    after = Cluster(
        numbers=change.numbers,
        positions=change.positions,
        charge=charge,
        multiplicity=new_multiplicity(before.multiplicity, was_odd, odd),
        labels=change.labels,
        name=before.name,
        # Made in memory: path and hash of the parent's file are not those of this cluster.
        source=Source(
            parent=before.source.parent or before.name or before.formula,
            edits=f"{before.source.edits}; {text}" if before.source.edits else text,
        ),
        declared_ligands=before.declared_ligands,
    )
    _check(after, change)
    count = host.valence_electrons
    if count is not None and keep == "charge":
        count = None if change.brought is None else count + change.brought
    return Host(after, count)


def apply_edits(cluster: Cluster, edits: Iterable[Edit], keep: Keep = "electrons") -> Cluster:
    """A cluster after edits, one after the other; the site labels of the parent stay.

    Raises
    ------
    InputError, StructureError
        If an edit names what is not there, or leads to an impossible geometry.
    """
    host = Host(replace(cluster, crystal=None))
    for edit in edits:
        host = settled(host, changed(host, edit, keep), edit, keep)
    return host.cluster


def _check(after: Cluster, change: Change) -> None:
    """Refuse atoms too near to each other."""
    if not (change.moved & ~is_metal(after.numbers)).any():
        return
    clash = first_clash(after.numbers, after.positions, change.moved, change.body, change.donor)
    if clash is not None:
        a, b, distance = clash
        pair = f"{after.labels[a]} and {after.labels[b]}"
        raise ImpossibleGeometryError("atoms come too near to each other.", site=pair, found=f"{distance:.2f} angstrom")
