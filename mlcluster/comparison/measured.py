"""What has been measured on two clusters, from the literature table: shown beside predictions, part of none of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mlcluster.comparison.rates import RATE_UNIT, RATES
from mlcluster.errors import InputError
from mlcluster.labels.literature import clusters, pairs
from mlcluster.labels.literature.linking import link_cluster
from mlcluster.labels.literature.measurements import ClusterRecord, Measurement
from mlcluster.labels.targets import get_target
from mlcluster.structure.cluster import Cluster


@dataclass(frozen=True, kw_only=True)
class MeasuredValue:
    """One published value.

    Parameters
    ----------
    side
        ``"a"`` or ``"b"``.
    record
        Compound of the literature table.
    match
        How sure it is that the structure is this compound: ``"stated"`` by the user, or the status of
        `mlcluster.labels.literature.link`.
    target, method, value, unit, bound
        As in `mlcluster.labels.LabelRecord`; rates follow from yield and lifetime of one row.
    medium, source
        Conditions and DOI or printed reference.
    """

    side: str
    record: str
    match: str
    target: str
    method: str
    value: float
    unit: str
    bound: str | None
    medium: str | None
    source: str


def measured_values(
    a: Cluster, b: Cluster, records: tuple[str | None, str | None] = (None, None)
) -> list[MeasuredValue]:
    """Published values of both clusters; of several compounds that fit, all are listed with the status of the match.

    Parameters
    ----------
    records
        Compounds of the literature table that the clusters are, where the user says so.

    Raises
    ------
    InputError
        If a record that is stated is not in the table.
    """
    table, related = clusters(), pairs()
    values = []
    for side, cluster, stated in (("a", a, records[0]), ("b", b, records[1])):
        if stated is not None:
            if stated not in table:
                raise InputError("no such record in the literature table.", found=stated, hint="mlcluster data link")
            values += _values(side, table[stated], "stated")
            continue
        row = link_cluster(cluster, table, related)
        for candidate in row["candidates"]:
            values += _values(side, table[candidate["cluster_id"]], row["status"])
    return values


def measured_differences(values: Sequence[MeasuredValue]) -> list[dict[str, Any]]:
    """Differences ``{"target", "method", "unit", "a", "b", "difference"}`` of what was measured on both.

    Only where each side is one certain compound with one value of the property.
    """
    rows = []
    for target, method in dict.fromkeys((v.target, v.method) for v in values):
        sides = [
            [v for v in values if (v.side, v.target, v.method) == (side, target, method) and v.bound is None]
            for side in "ab"
        ]
        if all(len(side) == 1 and side[0].match in ("stated", "matched") for side in sides):
            (one,), (other,) = sides
            step = other.value - one.value
            rows.append(
                {
                    "target": target,
                    "method": method,
                    "unit": one.unit,
                    "a": one.value,
                    "b": other.value,
                    "difference": step,
                }
            )
    return rows


def _values(side: str, record: ClusterRecord, status: str) -> list[MeasuredValue]:
    found = []
    for measurement in record.measurements:
        common = {"side": side, "record": record.id, "match": status, "source": _source(measurement)}
        for label in measurement.labels:
            found.append(
                MeasuredValue(
                    **common,
                    target=label.target,
                    method=label.method,
                    value=label.value,
                    unit=get_target(label.target).unit,
                    bound=label.bound,
                    medium=label.medium,
                )
            )
        photons, lifetime = measurement.value("quantum_yield"), measurement.value("lifetime")
        if photons is not None and lifetime is not None and 0 < photons < 1:
            found += [
                MeasuredValue(
                    **common,
                    target=name,
                    method="measured",
                    value=rate(photons, lifetime),
                    unit=RATE_UNIT,
                    bound=None,
                    medium=measurement.labels[0].medium,
                )
                for name, rate in RATES.items()
            ]
    return found


def _source(measurement: Measurement) -> str:
    return measurement.doi or measurement.reference
