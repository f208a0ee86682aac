"""Anyone's own structures and labels in one extended XYZ file, with named label columns and stated units."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlcluster.data.labelled import LabelledCluster
from mlcluster.errors import DataError, InputError
from mlcluster.labels import Channel, LabelRecord
from mlcluster.structure.cluster import Cluster, Source


def load(
    path: str | Path, labels: Mapping[str, Mapping[str, str]], entry: str = "entry", family: str = "family"
) -> list[LabelledCluster]:
    """Every frame of the file.

    Parameters
    ----------
    path
        Extended XYZ, plain or ``.gz``.
    labels
        For each channel the key it has in the comment lines, and its unit:
        ``{"gap:optical": {"column": "gap_ev", "unit": "eV"}}``. A frame without the key has no such label.
    entry, family
        Keys of the identifier and of the family. Charge, multiplicity, medium, temperature_k, source and flags
        (joined by ``|``) are read from the keys of those names.

    Raises
    ------
    InputError
        If the file cannot be read.
    DataError
        If a label breaks a rule; the frame is named.
    """
    import ase.io

    if not Path(path).is_file():
        raise InputError("no such file.", file=path)
    try:
        frames = ase.io.read(path, index=":", format="extxyz")
    except Exception as error:  # ASE raises whatever its parser met
        raise InputError("cannot read extended XYZ.", file=path, found=f"{type(error).__name__}: {error}") from error
    items = [_item(frame.info, frame, number, path, labels, entry, family) for number, frame in enumerate(frames, 1)]
    seen: set[str] = set()
    for item in items:
        if item.entry in seen:
            raise DataError("an entry occurs twice.", file=path, found=item.entry, expected="unique identifiers")
        seen.add(item.entry)
    return items


def _item(
    info: dict[str, Any],
    frame: Any,
    number: int,
    path: str | Path,
    labels: Mapping[str, Mapping[str, str]],
    entry: str,
    family: str,
) -> LabelledCluster:
    name = str(info.get(entry, f"frame {number}"))
    group = None if info.get(family) is None else str(info[family])
    records = []
    for key, column in labels.items():
        channel = Channel.parse(key)
        if info.get(column["column"]) is None:
            continue
        records.append(
            LabelRecord(
                entry=name,
                target=channel.target,
                method=channel.method,
                value=float(info[column["column"]]),
                unit=column.get("unit", ""),
                medium=info.get("medium"),
                temperature_k=info.get("temperature_k"),
                source=info.get("source"),
                family=group,
                flags=frozenset(filter(None, str(info.get("flags", "")).split("|"))),
            )
        )
    cluster = Cluster(
        numbers=frame.numbers,
        positions=frame.positions,
        charge=_integer(info.get("charge")),
        multiplicity=_integer(info.get("multiplicity")),
        name=name,
        source=Source(path=str(path), block=str(number)),
    )
    return LabelledCluster(entry=name, family=group, cluster=cluster, labels=tuple(records))


def _integer(value: Any) -> int | None:
    return None if value is None else int(value)
