"""The walk over all symmetry-distinct candidates, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from mlcluster.design.edits.applying import changed, settled
from mlcluster.design.edits.contacts import ImpossibleGeometryError
from mlcluster.design.edits.electrons import Keep
from mlcluster.design.edits.host import Host
from mlcluster.design.edits.records import Edit, Twist
from mlcluster.design.edits.twisting import rod_ends
from mlcluster.design.enumeration.choices import Choice, SiteStep, choices_of, nothing_to_do, swappable
from mlcluster.design.enumeration.filled_sites import fillings
from mlcluster.design.enumeration.nodes import Node, Root, Symmetry
from mlcluster.design.enumeration.orbits import (
    Permutations,
    count_orbits,
    random_orbit,
    smallest_image,
    stabiliser,
    subset_orbits,
)
from mlcluster.design.enumeration.steps import FillStep, Step, SwapStep, TwistStep, VacancyStep
from mlcluster.errors import StructureError
from mlcluster.geometry.superposition import congruence


class Geometries:
    """The distinct metal cores met so far, metals told apart by element and by the ligands they alone hold.

    Parameters
    ----------
    symmetry
        Tolerance, and whether mirror images are the same.
    """

    def __init__(self, symmetry: Symmetry) -> None:
        self._symmetry = symmetry
        self._known: dict[tuple[str, ...], list[tuple[NDArray[np.int64], NDArray[np.float64]]]] = {}

    def is_new(self, host: Host) -> bool:
        """Whether no such core was met before; it is remembered."""
        metals = host.metals.tolist()
        words = [f"{host.cluster.symbols[m]} {host.held_names(m)}" for m in metals]
        kinds = sorted(set(words))
        colours = np.array([kinds.index(word) for word in words])
        points = host.cluster.positions[metals]
        known = self._known.setdefault((host.cluster.formula, *sorted(words)), [])
        hands = (False,) if self._symmetry.mirror_apart else (False, True)
        tolerance = self._symmetry.tolerance
        for numbers, positions in known:
            for improper in hands:
                same = congruence(colours, points, numbers, positions, improper=improper, tolerance=tolerance)
                if same is not None:
                    return False
        known.append((colours, points))
        return True


Refused = Callable[[tuple[Edit, ...], int, StructureError], None]
"""Told of the edits that lead nowhere, how many of the full enumeration they stand for, and why."""


class Walk:
    """Every distinct result of a chain of steps.

    Parameters
    ----------
    host
        The parent.
    steps
        What to do, in order.
    symmetry
        Which results count as the same.
    keep
        What stays: the electrons or the charge.
    refused
        Called for geometries that cannot be.
    """

    def __init__(self, host: Host, steps: Sequence[Step], symmetry: Symmetry, keep: Keep, refused: Refused) -> None:
        self.steps, self.symmetry, self.keep, self.refused = tuple(steps), symmetry, keep, refused
        root = self._root(host, 0, 1)
        self.start = Node(root, root.tokens, keep)
        self._geometries: dict[int, Geometries] = {}
        self._reached, self._any_refused = -1, False

    def nodes(self) -> Iterator[Node]:
        """Yield every distinct node at the end of the steps.

        Raises
        ------
        StructureError
            If a step finds nothing to change in any of the clusters that reach it.
        """
        yield from self._after(self.start, 0)
        if self._reached < len(self.steps) - 1 and not self._any_refused:
            step = self.steps[self._reached + 1]
            if not isinstance(step, FillStep | TwistStep):
                raise nothing_to_do(step, self.start.root)

    def _after(self, node: Node, number: int) -> Iterator[Node]:
        if number == len(self.steps):
            yield node
            return
        for child in self._children(node, number):
            self._reached = max(self._reached, number)
            yield from self._after(child, number + 1)

    def draw(self, rng: np.random.Generator) -> Node | None:
        """A random node; None where the walk came to a dead end.

        With one step all distinct results are equally likely; with several, each step is drawn evenly in its turn.
        """
        node = self.start
        for number, step in enumerate(self.steps):
            if isinstance(step, FillStep | TwistStep):
                children = list(self._children(node, number, anew=True))
                drawn = children[int(rng.integers(len(children)))] if children else None
            else:
                drawn = self._drawn(node, step, rng)
            if drawn is None:
                return None
            node = drawn
        return node

    def _root(self, host: Host, number: int, copies: int) -> Root:
        """A root for the steps from `number` to the next new geometry."""
        until = next(
            (k for k in range(number, len(self.steps)) if isinstance(self.steps[k], FillStep | TwistStep)),
            len(self.steps),
        )
        stretch = self.steps[number:until]
        ligands = sorted({n for step in stretch if isinstance(step, SwapStep) for n in swappable(step, host)})
        by_ligand = any(isinstance(step, VacancyStep) for step in stretch)
        return Root(host, self.symmetry, ligands, by_ligand=by_ligand, copies=copies)

    def _children(self, node: Node, number: int, *, anew: bool = False) -> Iterator[Node]:
        step = self.steps[number]
        if not isinstance(step, FillStep | TwistStep):
            yield from self._labellings(node, step, number)
            return
        try:
            if isinstance(step, TwistStep):
                yield from self._twists(node, step, number)
            else:
                yield from self._fillings(node, step, number, anew=anew)
        except StructureError as error:
            # What a chain led to may have no open site or be no rod any more; a parent without them is an error.
            if node is self.start:
                raise
            self._refuse(node.edits, node.copies, error)

    def _labellings(self, node: Node, step: SiteStep, number: int) -> Iterator[Node]:
        root = node.root
        # The first labels of a root cannot meet again: orderly listing gives each orbit once.
        first = np.array_equal(node.tokens, root.tokens)
        seen = root.seen.setdefault(number, set())
        for choice in choices_of(step, root, node.tokens):
            group = self.group_on(node, choice)
            for size in choice.sizes:
                subsets = (
                    combinations(range(len(choice.eligible)), size) if group is None else subset_orbits(group, size)
                )
                for subset in subsets:
                    child = self._labelled(node, choice, subset, listed=group is None)
                    if not first or group is None:
                        key = smallest_image(root.acting, child.tokens).tobytes()
                        if key in seen:
                            continue
                        seen.add(key)
                    yield child

    def _labelled(self, node: Node, choice: Choice, subset: Sequence[int], *, listed: bool) -> Node:
        sites = choice.eligible[list(subset)]
        tokens = node.tokens.copy()
        tokens[sites] = node.root.code(choice.holds)
        edit = choice.edit(tuple(node.root.labels[s] for s in sites.tolist()))
        within = None
        if listed:
            within = np.isin(np.arange(len(tokens)), choice.eligible) | (tokens != node.root.tokens)
        return Node(node.root, tokens, self.keep, node, (edit,), within)

    def group_on(self, node: Node, choice: Choice) -> Permutations | None:
        """Permutations of the eligible sites among themselves by what leaves the node as it is; None if some leave."""
        acting = node.root.acting
        acting = acting[stabiliser(acting, node.tokens)]
        place = np.full(acting.shape[1], -1)
        place[choice.eligible] = np.arange(len(choice.eligible))
        images: NDArray[np.int64] = place[acting[:, choice.eligible]]
        return None if (images < 0).any() else images

    def _drawn(self, node: Node, step: SiteStep, rng: np.random.Generator) -> Node | None:
        options = [(c, k, self.group_on(node, c)) for c in choices_of(step, node.root, node.tokens) for k in c.sizes]
        if not options:
            return None
        weights = np.array(
            [float(comb(len(c.eligible), k) if g is None else count_orbits(g, k)) for c, k, g in options]
        )
        choice, size, group = options[int(rng.choice(len(options), p=weights / weights.sum()))]
        if group is None:
            subset: Sequence[int] = sorted(rng.permutation(len(choice.eligible))[:size].tolist())
        else:
            subset = random_orbit(group, size, rng)
        return self._labelled(node, choice, subset, listed=group is None)

    def _twists(self, node: Node, step: TwistStep, number: int) -> Iterator[Node]:
        ends = rod_ends(node.host)
        label = step.end or node.host.cluster.labels[ends.centres[0]]
        # Turning an achiral rod the other way gives the mirror image.
        alike = not node.is_chiral and not self.symmetry.mirror_apart
        angles: dict[float, list[float]] = {}
        for degrees in step.degrees:
            angles.setdefault(abs(degrees) if alike else degrees, []).append(degrees)
        for same in angles.values():
            edit = Twist(label, same[0])
            copies = node.copies * len(set(same))
            try:
                host = settled(node.host, changed(node.host, edit, self.keep), edit, self.keep)
            except ImpossibleGeometryError as error:
                self._refuse((*node.edits, edit), copies, error)
                continue
            yield self._anew(node, host, (edit,), number, copies)

    def _fillings(self, node: Node, step: FillStep, number: int, *, anew: bool) -> Iterator[Node]:
        geometries = (
            Geometries(self.symmetry) if anew else self._geometries.setdefault(number, Geometries(self.symmetry))
        )
        for edits, result, copies in fillings(node.host, step, self.symmetry, self.keep):
            if isinstance(result, ImpossibleGeometryError):
                self._refuse((*node.edits, *edits), node.copies * copies, result)
            elif geometries.is_new(result):
                yield self._anew(node, result, edits, number, node.copies * copies)

    def _refuse(self, edits: tuple[Edit, ...], copies: int, error: StructureError) -> None:
        self._any_refused = True
        self.refused(edits, copies, error)

    def _anew(self, node: Node, host: Host, edits: tuple[Edit, ...], number: int, copies: int) -> Node:
        root = self._root(host, number + 1, copies)
        return Node(root, root.tokens, self.keep, node, edits)
