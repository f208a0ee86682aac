"""Anyone's own structures and labels in one extended XYZ file, with named label columns and stated units."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mlcluster.data.frames import Frame, read_frames
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.source_cards import Card
from mlcluster.data.sources.entry import make_entry, number
from mlcluster.errors import DataError
from mlcluster.labels import Channel

CARD = Card(
    name="extxyz",
    what="your own structures and labels in one extended XYZ file",
    entries=0,
    method="as your file states; every label needs a unit",
    licence="yours",
    citation="yours",
    traps=("A frame without the key charge has an unknown charge, never 0.",),
    obtain='Give path and labels, for instance {"gap:optical": {"column": "gap_ev", "unit": "eV"}}.',
    bundled=True,
)


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
        Keys of the identifier and of the family; without it, the family is that of `mlcluster.data.families`. Charge,
        multiplicity, medium, temperature_k, source, parent, split, declared_ligands (joined by spaces) and flags
        (joined by ``|``) are read from the keys of those names.

    Raises
    ------
    InputError
        If the file cannot be read.
    DataError
        If a label breaks a rule; the frame is named.
    """
    items = [_item(frame, labels, entry, family) for frame in read_frames(path)]
    seen: set[str] = set()
    for item in items:
        if item.entry in seen:
            raise DataError("an entry occurs twice.", file=path, found=item.entry, expected="unique identifiers")
        seen.add(item.entry)
    return items


def _item(frame: Frame, labels: Mapping[str, Mapping[str, str]], entry: str, family: str) -> LabelledCluster:
    info = frame.info
    records = []
    for key, column in labels.items():
        channel, value = Channel.parse(key), number(info.get(column["column"]))
        if value is not None:
            records.append(
                {
                    "target": channel.target,
                    "method": channel.method,
                    "value": value,
                    "unit": column.get("unit", ""),
                    "medium": info.get("medium"),
                    "temperature_k": number(info.get("temperature_k")),
                    "flags": frozenset(filter(None, info.get("flags", "").split("|"))),
                }
            )
    return make_entry(
        CARD.name,
        info.get(entry) or f"frame {frame.number}",
        frame.numbers,
        frame.positions,
        family=info.get(family),
        charge=number(info.get("charge")),
        multiplicity=number(info.get("multiplicity")),
        declared_ligands=tuple(info.get("declared_ligands", "").split()),
        parent=info.get("parent", ""),
        split=info.get("split", ""),
        labels=records,
        reference=info.get("source"),
    )
