"""`candidates`: clusters around a parent, one after the other, each with the record of how it was made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from mlcluster.design.candidate import Candidate
from mlcluster.design.edits.contacts import ImpossibleGeometryError
from mlcluster.design.edits.electrons import Keep
from mlcluster.design.edits.host import Host
from mlcluster.design.edits.records import Edit
from mlcluster.design.enumeration.choices import chain_counts
from mlcluster.design.enumeration.nodes import Node, Symmetry
from mlcluster.design.enumeration.orbits import smallest_image
from mlcluster.design.enumeration.steps import Step
from mlcluster.design.enumeration.walk import Walk
from mlcluster.errors import ConfigError, MlclusterError, StructureError
from mlcluster.structure.cluster import Cluster

SHOWN_REFUSALS = 20
"""Refused candidates that are listed with their reason; the others are only counted."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How candidates are made.

    Parameters
    ----------
    name
        What they are called, before a number; the name of the parent when empty.
    keep
        ``"electrons"``: the charge follows each edit; ``"charge"``: it stays.
    symmetry
        Which results count as the same.
    limit
        Stop after so many.
    sample
        Draw so many at random instead of listing all.
    seed
        Of the draw.
    relax
        Relax the ligands with GFN1-xTB (extra ``xtb``) and refuse what does not survive.
    """

    name: str = ""
    keep: Keep = "electrons"
    symmetry: Symmetry = field(default_factory=Symmetry)
    limit: int | None = None
    sample: int | None = None
    seed: int = 0
    relax: bool = False


class CandidateSet:
    """The candidates around one parent; iterating makes them one at a time, in the same order every time.

    Parameters
    ----------
    parent
        The cluster to start from.
    steps
        What to do, in order.
    settings
        How.

    Raises
    ------
    MlclusterError
        When iterated: an unknown element, ligand or site, no rod to twist, nothing to vacate ...
    """

    def __init__(self, parent: Cluster, steps: Sequence[Step], settings: Settings | None = None) -> None:
        self.parent, self.steps, self.settings = parent, tuple(steps), settings or Settings()
        if not self.steps:
            raise ConfigError("no step is given.", expected="at least one, such as substitute or vacancy")
        if self.settings.keep not in ("electrons", "charge"):
            raise ConfigError("no such thing to keep.", found=self.settings.keep, expected="electrons, charge")
        self._reset()

    def _reset(self) -> None:
        self.refused: list[dict[str, Any]] = []
        self.count_refused = 0
        self._full = self._distinct = self._made = 0
        self._complete = False
        host = Host(replace(self.parent, crystal=None))
        self._walk = Walk(host, self.steps, self.settings.symmetry, self.settings.keep, self._lost)

    @cached_property
    def _by_formula(self) -> tuple[int, int] | None:
        return chain_counts(self._walk.start.root, self.steps)

    @property
    def count_enumerated(self) -> int | None:
        """Number that full enumeration without symmetry gives; None while that of a chain is not known."""
        by_formula = self._by_formula
        return by_formula[0] if by_formula else self._full if self._complete else None

    @property
    def count_distinct(self) -> int | None:
        """Number of distinct results, refused ones included; by Burnside's lemma for a single step."""
        by_formula = self._by_formula
        return by_formula[1] if by_formula else self._distinct if self._complete else None

    def __iter__(self) -> Iterator[Candidate]:
        self._reset()
        limit = self.settings.limit
        if limit is not None and limit < 1:
            return
        for node in self._drawn() if self.settings.sample else self._walk.nodes():
            self._full += node.copies
            self._distinct += 1
            candidate = self._candidate(node)
            if candidate is None:
                continue
            self._made += 1
            yield candidate
            if self._made == limit:
                return
        self._complete = not self.settings.sample

    def _drawn(self) -> Iterator[Node]:
        """Distinct random nodes, until there are enough or new ones have become rare."""
        rng, seen, misses = np.random.default_rng(self.settings.seed), set[bytes](), 0
        wanted = self.settings.sample or 0
        while len(seen) < wanted and misses < 50 + 20 * len(seen):
            node = self._walk.draw(rng)
            if node is None:
                misses += 1
                continue
            key = node.path_to_root.encode() + smallest_image(node.root.acting, node.tokens).tobytes()
            if key in seen:
                misses += 1
                continue
            seen.add(key)
            yield node
        if not seen:
            # Nothing can be drawn: listing says why.
            next(self._walk.nodes(), None)

    def _candidate(self, node: Node) -> Candidate | None:
        try:
            host = node.host
        except ImpossibleGeometryError as error:
            self._refuse(node.edits, error)
            return None
        cluster, relaxed = host.cluster, False
        if self.settings.relax:
            cluster, why, relaxed = _relaxed(cluster)
            if why is not None:
                self._refuse(node.edits, StructureError(f"relaxation: {why}."))
                return None
        stem = self.settings.name or self.parent.name or self.parent.formula
        name = f"{stem} {self._made + 1:05d}"
        return Candidate(
            cluster=cluster.replace(name=name),
            edits=node.edits,
            valence_electrons=host.valence_electrons,
            copies=node.copies,
            chiral=node.is_chiral,
            mirror_of=self._mirror_of(node, name),
            relaxed=relaxed,
        )

    def _mirror_of(self, node: Node, name: str) -> str | None:
        if not (self.settings.symmetry.mirror_apart and node.is_chiral):
            return None
        # Images under reflections as well: what two labellings share that are mirror images, or the same.
        key = smallest_image(node.root.site_symmetry.permutations, node.tokens).tobytes()
        first = node.root.mirrors.setdefault(key, name)
        return None if first == name else first

    def _lost(self, edits: tuple[Edit, ...], copies: int, error: MlclusterError) -> None:
        self._full += copies
        self._distinct += 1
        self._refuse(edits, error)

    def _refuse(self, edits: tuple[Edit, ...], error: MlclusterError) -> None:
        texts = [str(edit) for edit in edits]
        if self.settings.sample and any(row["edits"] == texts for row in self.refused):
            return
        self.count_refused += 1
        if len(self.refused) < SHOWN_REFUSALS:
            self.refused.append({"edits": texts, "reason": str(error)})

    def to_dict(self) -> dict[str, Any]:
        """Counts and refusals; those of a chain are known once all candidates have been made."""
        return {
            "parent": self.parent.name or self.parent.formula,
            "parent_file": self.parent.source.path,
            "parent_sha256": self.parent.source.sha256,
            "steps": [type(step).__name__.removesuffix("Step").lower() for step in self.steps],
            "count_enumerated": self.count_enumerated,
            "count_distinct": self.count_distinct,
            "count_refused": self.count_refused,
            "refused": self.refused,
        }


def candidates(parent: Cluster, steps: Sequence[Step], settings: Settings | None = None) -> Iterator[Candidate]:
    """Yield candidates around a parent, made as they are asked for.

    Parameters
    ----------
    parent
        The cluster to start from.
    steps
        What to do, in order.
    settings
        How.

    Examples
    --------
    >>> from mlcluster.design.enumeration.steps import SubstituteStep
    >>> from mlcluster.design.frameworks import build
    >>> [c.cluster.formula for c in candidates(build("m13-phosphine"), [SubstituteStep(to=("Pd",))])]
    ['Au12Cl2H30P10Pd', 'Au12Cl2H30P10Pd']
    """
    yield from CandidateSet(parent, steps, settings)


def _relaxed(cluster: Cluster) -> tuple[Cluster, str | None, bool]:
    """The relaxed cluster, why it was lost, and whether a calculation was made: an open shell is left as it is."""
    from mlcluster.design.relax import relax, staple_metals

    electrons = cluster.n_electrons
    if electrons is None or electrons % 2:
        return cluster, None, False
    result = relax(cluster, frozen="kernel" if len(staple_metals(cluster)) else "metals")
    return result.cluster, result.why_rejected, True
