"""What has been measured on two clusters, from the literature table: shown beside predictions, part of none of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlcluster.anatomy import Anatomy
from mlcluster.chem.elements import SYMBOLS
from mlcluster.comparison.property_differences import RATE_UNIT, RATES
from mlcluster.errors import InputError
from mlcluster.labels.literature.known_values import literature
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


def check_records(records: tuple[str | None, str | None]) -> None:
    """Refuse records that are stated and not there.

    Raises
    ------
    InputError
        If one is not in the literature table.
    """
    for stated in records:
        if stated is not None and stated not in literature()[0]:
            raise InputError("no such record in the literature table.", found=stated, hint="mlcluster data link")


def measured_values(
    a: Cluster | Anatomy, b: Cluster | Anatomy, records: tuple[str | None, str | None] = (None, None)
) -> list[MeasuredValue]:
    """Published values of both clusters; of several compounds that fit, all are listed with the status of the match.

    Parameters
    ----------
    records
        Compounds of the literature table that the clusters are, where the user says so.

    Raises
    ------
    InputError
        If a record that is stated is not in the table, or is another compound than its structure by formula or charge.
    """
    a, b = Anatomy.of(a), Anatomy.of(b)
    table, related = literature()
    check_records(records)
    _check_stated((a, b), records, table)
    values = []
    for side, anatomy, stated in (("a", a, records[0]), ("b", b, records[1])):
        if stated is not None:
            values += record_values(side, table[stated], "stated")
            continue
        row = link_cluster(anatomy, table, related)
        for candidate in row["candidates"]:
            values += record_values(side, table[candidate["cluster_id"]], row["status"])
    return values


def _check_stated(
    pair: tuple[Anatomy, Anatomy], records: tuple[str | None, str | None], table: Mapping[str, ClusterRecord]
) -> None:
    """Refuse a stated record whose formula or charge is not that of its structure."""
    wrong = [
        side for side, stated in enumerate(records) if stated is not None and not _may_be(pair[side], table[stated])
    ]
    if not wrong:
        return
    a, b = records
    crossed = a is not None and b is not None
    if crossed and _may_be(pair[0], table[b]) and _may_be(pair[1], table[a]):  # type: ignore[index]
        raise InputError(
            "the two records are swapped.",
            found=f"--records {a} {b}",
            expected=f"--records {b} {a}",
            hint="The first record is that of A, the second that of B.",
        )
    side = wrong[0]
    record, cluster = table[records[side] or ""], pair[side].cluster
    raise InputError(
        "the record is of another cluster.",
        file=cluster.source.path,
        found=f"{record.id}: {record.formula}{_charge_text(record.composition.charge)}",
        expected=f"the composition and charge of {'AB'[side]}: {cluster.formula}{_charge_text(cluster.charge)}",
        hint="mlcluster known FILE lists the records that fit; --charge states a charge that the file does not tell.",
    )


def _may_be(anatomy: Anatomy, record: ClusterRecord) -> bool:
    """Whether nothing in composition or charge contradicts the record; what it leaves open does not."""
    if record.composition.complete:
        return bool(link_cluster(anatomy, {record.id: record}, ())["candidates"])
    metals = Counter(SYMBOLS[z] for z in anatomy.cluster.numbers[anatomy.metal].tolist())
    charges = {anatomy.cluster.charge, record.composition.charge} - {None}
    return record.composition.metals in (None, metals) and len(charges) < 2


def _charge_text(charge: int | None) -> str:
    return "" if charge is None else f", charge {charge:+d}"


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


def record_values(side: str, record: ClusterRecord, status: str) -> list[MeasuredValue]:
    """Every value of a compound, and the rates where one row has yield and lifetime."""
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
