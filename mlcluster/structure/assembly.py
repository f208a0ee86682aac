"""`Crystal` -> clusters: symmetry, disorder, bonds, fragments, copies and charge in their order."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import SYMBOLS
from mlcluster.chem.formula import hill_formula
from mlcluster.errors import StructureError
from mlcluster.geometry.bonds import Bonds, cluster_bonds, longest_bond, select_bonds
from mlcluster.geometry.neighbours import NeighbourPairs, neighbour_pairs
from mlcluster.structure import alternatives as alt
from mlcluster.structure.charge import check_parity, resolve_charge
from mlcluster.structure.checks import check_geometry, check_moiety
from mlcluster.structure.cluster import Cluster, CrystalContext, Source
from mlcluster.structure.composition import (
    check_kept,
    check_listed,
    closest_to_composition,
    listed_contents,
    settle_partial,
    stated_contents,
)
from mlcluster.structure.copies import Body, distinct_bodies, unique_labels
from mlcluster.structure.crystal import Crystal
from mlcluster.structure.disorder import coincident, duplicates, full_at_special_position
from mlcluster.structure.exclusion import ALIKE, FULL, REACH
from mlcluster.structure.files import TextFile
from mlcluster.structure.fragments import Fragment, bonds_within, find_fragments, refuse_endless
from mlcluster.structure.hydrogens import with_hydrogens
from mlcluster.structure.place_search import find_places
from mlcluster.structure.report import Dropped, Report, site_list
from mlcluster.structure.result import ReadOptions, ReadResult
from mlcluster.structure.selection import list_dropped, select_clusters
from mlcluster.structure.symmetry import Atoms, expand


class Assembly:
    """One data block on its way from stated sites to clusters.

    Parameters
    ----------
    crystal
        What the file states.
    file
        Where it came from.
    options
        Choices of the user.
    name
        What to call its clusters.
    start
        Number of results the file has given before, so that `mirror_of` counts through the whole file.
    """

    def __init__(self, crystal: Crystal, file: TextFile, options: ReadOptions, name: str, start: int) -> None:
        self.crystal, self.file, self.options, self.name, self.start = crystal, file, options, name, start
        self.report = Report(list(crystal.entries))
        self.atoms: Atoms = expand(crystal, self.report)
        self.numbers = crystal.numbers[self.atoms.site]
        disordered = bool((crystal.group != 0).any() or (crystal.occupancy < FULL).any())
        reach = max(longest_bond(self.numbers), REACH if disordered else 1.0)
        self.pairs = neighbour_pairs(self.atoms.positions, reach, crystal.cell)
        occupancy = self._site_occupancy()[self.atoms.site]
        leader = coincident(crystal, self.atoms, self.pairs, occupancy)
        self.occupancy = np.bincount(leader, occupancy, len(leader)).astype(np.float64)
        self.unique = self._without_duplicates() & (leader == np.arange(len(leader)))
        self.places = find_places(crystal, self.atoms, self.pairs, self.occupancy, leader)
        stated = crystal.group[self.atoms.site] != 0
        self.ordered = ~stated & (self.occupancy >= FULL) & self.unique
        self.listed = listed_contents(self.numbers[self.unique], self.occupancy[self.unique])
        self.stated = stated_contents(crystal, self.listed)
        self.missing = check_listed(crystal, self.listed, self.stated, self.report)

    def _site_occupancy(self) -> NDArray[np.float64]:
        crystal = self.crystal
        full = full_at_special_position(crystal, self.atoms, self.pairs)
        if full.any():
            names = [crystal.labels[i] for i in np.flatnonzero(full)]
            text = f"{site_list(names)}: occupancy 1/m at an m-fold special position counted as full."
            self.report.add("info", "special_position_occupancy", text, names[0])
        return np.where(full, 1.0, crystal.occupancy)

    def _without_duplicates(self) -> NDArray[np.bool_]:
        unique = np.ones(len(self.numbers), dtype=bool)
        repeated = duplicates(self.crystal, self.atoms, self.pairs)
        if repeated.size:
            unique[repeated] = False
            names = list(dict.fromkeys(self.crystal.labels[s] for s in self.atoms.site[repeated]))
            text = "another atom of the same element stands at the same place; kept once."
            text = text if len(names) == 1 else f"{site_list(names)}: {text}"
            self.report.add("warning", "duplicate_atom", text, names[0])
        return unique

    def results(self) -> list[ReadResult]:
        """Every cluster, for every alternative asked for."""
        choice = alt.likeliest(self.crystal, self.places, self._ordered_counts(), self.report)
        choice = closest_to_composition(self.places, choice, self.numbers, self.listed, self.stated)
        in_cluster = self._cluster_sites(self._keep(choice, partial=True))
        choice = self._drop_loose(choice, in_cluster)
        if self.places:
            in_cluster |= self._cluster_sites(self._keep(choice))
        touched = [k for k, place in enumerate(self.places) if in_cluster.intersection(place.sites)]
        kept = self._kept_contents(choice, in_cluster)
        labels = self.crystal.labels
        choice = settle_partial(self.places, choice, touched, self.numbers, labels, kept, self.stated)
        if self.options.disorder == "reject" and touched:
            sites = [self.crystal.labels[s] for k in touched for s in self.places[k].sites]
            raise StructureError(
                "the cluster is disordered.",
                site=sites[0],
                found=f"alternatives or partial occupancy at {site_list(sites)}",
                hint="Read it with disorder 'majority' or 'enumerate'.",
            )
        choices = [choice]
        if self.options.disorder == "enumerate":
            vary = [k for k in touched if len(self.places[k].options) > 1]
            choices = alt.enumerate_choices(
                self.crystal,
                self.places,
                choice,
                vary,
                self.options.max_alternatives,
                self._ordered_counts(),
                self.report,
            )
        results: list[ReadResult] = []
        for number, one in enumerate(choices, start=1):
            suffix = f" alternative {number}" if len(choices) > 1 else ""
            results += self._alternative(one, touched, suffix, self.start + len(results))
        return results

    def _ordered_counts(self) -> dict[int, int]:
        """Atoms of each element in one cell that stand on no mixed-metal site."""
        mixed = {s for place in self.places if place.kind == "mixed" for s in place.sites}
        counted = self.unique & ~np.isin(self.atoms.site, list(mixed))
        numbers, occupancy = self.numbers[counted], self.occupancy[counted]
        return {int(z): round(float(occupancy[numbers == z].sum())) for z in np.unique(numbers)}

    def _keep(self, choice: alt.Choice, partial: bool = False) -> NDArray[np.bool_]:
        if partial:
            choice = alt.Choice(tuple(max(pick, 0) for pick in choice.picks), choice.weight)
        return alt.keep_mask(len(self.numbers), self.places, choice, self.ordered)

    def _drop_loose(self, choice: alt.Choice, in_cluster: set[int]) -> alt.Choice:
        """Leave out atoms of less than half occupancy from the cluster only: elsewhere they help to name a solvent."""
        picks = [
            0 if pick < 0 and not in_cluster.intersection(place.sites) else pick
            for pick, place in zip(choice.picks, self.places, strict=True)
        ]
        return alt.Choice(tuple(picks), choice.weight)

    def _presence(self, choice: alt.Choice) -> NDArray[np.float64]:
        """How often each kept atom, or the alternative in its place, is there, (M,)."""
        presence = self.occupancy.copy()
        for place, pick in zip(self.places, choice.picks, strict=True):
            if pick >= 0 and place.kind != "partial":
                presence[place.options[pick].atoms] = place.total
        presence[presence > FULL - ALIKE] = 1.0
        return presence

    def _kept_contents(self, choice: alt.Choice, in_cluster: set[int]) -> dict[int, float]:
        """Atoms of each element in one cell that are kept, those outside clusters by how often they are there."""
        keep = self._keep(choice)
        whole = np.isin(self.atoms.site, list(in_cluster))
        return listed_contents(self.numbers[keep], np.where(whole, 1.0, self._presence(choice))[keep])

    def _cluster_sites(self, keep: NDArray[np.bool_]) -> set[int]:
        """Stated sites that take part in a cluster when the atoms `keep` are present."""
        clusters, _ = select_clusters(self._fragments(keep)[0])
        return {int(s) for fragment in clusters for s in self._kept_site[fragment.atoms]}

    def _fragments(self, keep: NDArray[np.bool_]) -> tuple[list[Fragment], Bonds]:
        index = np.flatnonzero(keep)
        if not index.size:
            raise StructureError("no atom is left after disorder was resolved.", hint="Check the occupancies.")
        renumber = np.full(len(keep), -1)
        renumber[index] = np.arange(index.size)
        both = keep[self.pairs.first] & keep[self.pairs.second]
        pairs = NeighbourPairs(
            renumber[self.pairs.first[both]],
            renumber[self.pairs.second[both]],
            self.pairs.shift[both],
            self.pairs.distance[both],
            self.pairs.vector[both],
        )
        self._kept_site, self._kept_operation = self.atoms.site[index], self.atoms.operation[index]
        bonds = select_bonds(self.numbers[index], pairs)
        return find_fragments(self.numbers[index], self.atoms.positions[index], self.crystal.cell, bonds), bonds

    def _alternative(self, choice: alt.Choice, touched: list[int], suffix: str, start: int) -> list[ReadResult]:
        keep = self._keep(choice)
        fragments, bonds = self._fragments(keep)
        chosen, others = select_clusters(fragments)
        for fragment in chosen:
            refuse_endless(fragment, [self.crystal.labels[s] for s in self._kept_site])
        dropped = list_dropped(others, self.occupancy[keep], self._presence(choice)[keep]) + self._left_out(choice)
        kept = self._kept_contents(choice, {int(s) for f in chosen for s in self._kept_site[f.atoms]})
        handedness = np.linalg.det(self.crystal.rotations)
        bodies = distinct_bodies(chosen, self._kept_site, self._kept_operation, handedness)
        kinds = sum(body.mirror_of is None for body in bodies)
        results = []
        for number, body in enumerate(bodies, start=1):
            report = Report(list(self.report.entries))
            alt.describe(self.crystal, self.places, choice, touched, report)
            counted = f" #{number}" if len(bodies) > 1 else ""
            local = bonds_within(body.fragment, bonds)
            cluster = self._cluster(
                body, local, keep, dropped, len(chosen), kinds, f"{self.name}{counted}{suffix}", report
            )
            mirror = None if body.mirror_of is None else start + body.mirror_of
            if mirror is not None:
                text = f"mirror image of cluster {mirror + 1} of this file."
                report.add("info", "mirror_image", text)
            if len(cluster) > len(body.fragment.atoms):
                local = cluster_bonds(cluster.numbers, cluster.positions)
            check_geometry(cluster, local, report)
            check_moiety(self.crystal, cluster, report)
            check_kept(self.crystal, kept, self.listed, self.stated, report)
            results.append(
                ReadResult(
                    cluster=cluster,
                    report=report,
                    dropped=tuple(dropped),
                    copies=body.copies,
                    weight=alt.weight([self.places[k] for k in touched], [choice.picks[k] for k in touched]),
                    mirror_of=mirror,
                )
            )
        return results

    def _cluster(
        self,
        body: Body,
        bonds: Bonds,
        keep: NDArray[np.bool_],
        dropped: list[Dropped],
        n_clusters: int,
        kinds: int,
        name: str,
        report: Report,
    ) -> Cluster:
        crystal, options, fragment = self.crystal, self.options, body.fragment
        charge = resolve_charge(
            stated=options.charge,
            total=crystal.charge,
            moiety=crystal.moiety,
            counts=fragment.counts,
            dropped=dropped,
            n_clusters=n_clusters,
            n_kinds=kinds,
            missing=self.missing,
            report=report,
        )
        context = None
        if crystal.cell is not None:
            context = CrystalContext(
                cell=crystal.cell,
                copies=body.copies,
                numbers=self.numbers[keep],
                positions=self.atoms.positions[keep],
            )
        numbers, positions = fragment.numbers, fragment.positions
        labels = unique_labels([crystal.labels[s] for s in self._kept_site[fragment.atoms]])
        if options.hydrogens == "add":
            numbers, positions, labels = with_hydrogens(numbers, positions, labels, bonds, report)
        cluster = Cluster(
            numbers=numbers,
            positions=positions,
            charge=charge,
            multiplicity=options.multiplicity if options.multiplicity is not None else crystal.multiplicity,
            labels=labels,
            name=name,
            source=Source(
                path=self.file.path,
                sha256=self.file.sha256,
                block=crystal.block,
                parent=crystal.parent,
                edits=crystal.edits,
            ),
            crystal=context,
            declared_ligands=options.declared_ligands or crystal.declared_ligands,
        )
        check_parity(cluster.n_electrons, cluster.multiplicity, report)
        return cluster

    def _left_out(self, choice: alt.Choice) -> list[Dropped]:
        """Partly occupied atoms at a cluster that were judged absent."""
        rows = []
        for place, pick in zip(self.places, choice.picks, strict=True):
            if pick < 0:
                option = place.options[0]
                symbols = [SYMBOLS[self.crystal.numbers[s]] for s in option.sites]
                why = f"occupancy {option.weight:.2f}, no alternative stated"
                count = len(option.atoms) // len(option.sites)
                rows.append(Dropped(hill_formula(Counter(symbols)), count, "disorder", why, 0))
        return rows
