"""Rows of the literature table that the formula level learns from, with their families."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcluster.data.families import connected, count_key
from mlcluster.errors import DataError
from mlcluster.labels import METHODS, Channel, LabelRecord, require_trainable, trainable
from mlcluster.labels.literature import ClusterRecord, Pair, clusters, pairs
from mlcluster.labels.literature.measurements import Measurement
from mlcluster.labels.literature.table import bundled
from mlcluster.labels.targets import Bound
from mlcluster.levels.formula.features import describe
from mlcluster.levels.formula.formula_record import FormulaRecord, record_of_composition
from mlcluster.levels.formula.settings import FormulaConfig

Array = NDArray[np.float64]

LIFTED = ("LIGAND_VARIANT_UNSPECIFIED", "COMPOSITION_NOT_STATED")
"""Flags lifted here: descriptors know ligands by class and bulk, and a composition that leaves numbers open is told by
its missing descriptors. What has no metals is left out all the same."""

FEWEST_FAMILIES = 4
"""One is held out, one calibrates, and of the others one chooses and one is fitted."""

LARGEST_CERTAIN_YIELD = 0.9
"""A yield of 100 % says no more than this: absolute yields are good to about a tenth (10.1038/nprot.2013.087)."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Labels of one channel, one a compound, method and set of conditions.

    Parameters
    ----------
    channel
        ``target:method`` that is predicted.
    entries, families, records
        Of each row.
    methods
        Of each row; rows of other methods than the channel's own have an offset.
    label
        Model space, (N,).
    bound
        Kind of bound in model space, or None for a value.
    described
        Descriptors, (N, D), as `mlcluster.levels.formula.features.describe` gives them.
    """

    channel: str
    entries: tuple[str, ...]
    families: tuple[str, ...]
    records: tuple[FormulaRecord, ...]
    methods: tuple[str, ...]
    label: Array
    bound: tuple[Bound | None, ...]
    described: Array

    def __len__(self) -> int:
        return len(self.entries)

    def take(self, keep: NDArray[np.bool_]) -> Rows:
        """Rows for which `keep` (N,) is true."""
        return self.ordered(np.flatnonzero(keep).tolist())

    def ordered(self, numbers: Sequence[int]) -> Rows:
        """Rows of these numbers in their order."""
        return Rows(
            channel=self.channel,
            entries=tuple(self.entries[i] for i in numbers),
            families=tuple(self.families[i] for i in numbers),
            records=tuple(self.records[i] for i in numbers),
            methods=tuple(self.methods[i] for i in numbers),
            label=self.label[list(numbers)],
            bound=tuple(self.bound[i] for i in numbers),
            described=self.described[list(numbers)],
        )

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Rows that may judge: values, not bounds, that were measured."""
        return np.array(
            [b is None and METHODS[m].measured for b, m in zip(self.bound, self.methods, strict=True)], dtype=bool
        )

    @property
    def own_method(self) -> str:
        """Method of the channel."""
        return Channel.parse(self.channel).method


def literature_rows(
    channel: str, methods: Iterable[str] = (), table: str | Path | None = None, related: str | Path | None = None
) -> Rows:
    """Usable rows of a channel; several values of one compound under the same conditions are averaged.

    Parameters
    ----------
    channel
        ``target:method``.
    methods
        Further methods of the same target to learn from.
    table, related
        Tables of measurements and of pairs; the bundled ones by default.

    Raises
    ------
    DataError
        If no row can be learned from, or what was measured comes from too few families.
    """
    target, own = Channel.parse(channel).target, Channel.parse(channel).method
    wanted = {Channel(target, method).key for method in (own, *methods)}
    compounds = clusters(table)
    families = families_of_compounds(compounds, pairs(related if related is not None else bundled("pairs.csv")))
    groups: dict[tuple, list[tuple[FormulaRecord, LabelRecord]]] = defaultdict(list)
    for name, compound in compounds.items():
        for measurement in compound.measurements:
            record = _record(compound, measurement)
            if record is None:
                continue
            for label in trainable(measurement.labels, LIFTED):
                if label.channel.key in wanted:
                    conditions = str(describe([record])[0].tolist())
                    groups[name, label.method, label.model_bound, conditions].append((record, label))
    if not groups:
        raise DataError("no row to learn from.", file=table, expected=", ".join(sorted(wanted)))
    require_trainable((label for rows in groups.values() for _, label in rows), LIFTED)
    keys, first = list(groups), [rows[0][0] for rows in groups.values()]
    found = Rows(
        channel=channel,
        entries=tuple(key[0] for key in keys),
        families=tuple(families[key[0]] for key in keys),
        records=tuple(first),
        methods=tuple(key[1] for key in keys),
        label=np.array([np.mean([_value(label) for _, label in rows]) for rows in groups.values()]),
        bound=tuple(key[2] for key in keys),
        described=describe(first),
    )
    judging = sorted(set(found.take(found.judged).families))
    if len(judging) < FEWEST_FAMILIES:
        raise DataError(
            "too few families to hold some out.",
            file=table,
            site=channel,
            found=", ".join(judging) or "none",
            expected=f"measured values of {FEWEST_FAMILIES} families or more",
        )
    return found


def configured_rows(config: FormulaConfig) -> list[Rows]:
    """Rows of each channel of a configuration."""
    return [
        literature_rows(channel, methods, config.table, config.pairs) for channel, methods in config.channels.items()
    ]


def rows_hash(channels: Iterable[Rows]) -> str:
    """SHA-256 (hex) of entries, families, descriptors and labels of all channels, in the order given."""
    digest = hashlib.sha256()
    for rows in channels:
        head = [rows.channel, rows.entries, rows.families, rows.methods, rows.bound]
        digest.update(json.dumps([*head, rows.label.tolist(), rows.described.tolist()]).encode())
    return digest.hexdigest()


def families_of_compounds(compounds: Mapping[str, ClusterRecord], related: Iterable[Pair]) -> dict[str, str]:
    """Family of each compound whose metals are known.

    As in `mlcluster.data.families`: one family are compounds with the same number of metals and of anionic donors, and
    declared pairs. A compound whose donors are not all stated may be any of its size, and joins them all.
    """
    sizes = defaultdict(list)
    known = {name: record for name, c in compounds.items() if (record := _record(c)) is not None}
    links = [(f"entry {name}", f"entry {name}") for name in known]
    for name, record in known.items():
        sizes[record.n_metals].append(name)
        if record.n_anionic is not None:
            links.append((f"entry {name}", count_key(record.n_metals, record.n_anionic)))
    for names in sizes.values():
        if any(known[name].n_anionic is None for name in names):
            links += [(f"entry {names[0]}", f"entry {name}") for name in names]
    for pair in related:
        if pair.a in known and pair.b in known:
            links.append((f"entry {pair.a}", f"entry {pair.b}"))
    members: dict[int, list[str]] = defaultdict(list)
    groups = connected(links)
    for name in known:
        members[groups[f"entry {name}"]].append(name)
    titles = {root: _title([known[name] for name in names]) for root, names in members.items()}
    return {name: titles[root] for root, names in members.items() for name in names}


def _title(records: Sequence[FormulaRecord]) -> str:
    """Commonest key of a family; the smallest of several."""
    keys = [count_key(r.n_metals, r.n_anionic) if r.n_anionic is not None else f"M{r.n_metals}" for r in records]
    return min(keys, key=lambda key: ("X" not in key, -keys.count(key), key))


def _record(compound: ClusterRecord, measurement: Measurement | None = None) -> FormulaRecord | None:
    return record_of_composition(
        compound.composition,
        electrons=compound.electrons,
        medium=measurement.medium if measurement else None,
        temperature_k=measurement.temperature_k if measurement else None,
    )


def _value(label: LabelRecord) -> float:
    if label.target == "quantum_yield" and label.bound == "lower" and label.value > LARGEST_CERTAIN_YIELD:
        return replace(label, value=LARGEST_CERTAIN_YIELD, bound="lower").model_value
    return label.model_value
