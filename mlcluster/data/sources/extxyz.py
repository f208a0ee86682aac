"""Anyone's own structures and labels in one extended XYZ file, with named label columns and stated units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mlcluster.data.failures import one_item
from mlcluster.data.frames import Frame, read_frames
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.source_cards import Card
from mlcluster.data.sources.entry import make_entry, number
from mlcluster.data.sources.label_columns import LabelColumn, check_columns, label_columns, look_at_units
from mlcluster.errors import DataError

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
    ConfigError
        If `labels` cannot be understood, or names a key that no frame has.
    DataError
        If a label breaks a rule; the frame is named. Within `mlcluster.data.failures.listed_failures` such a frame is
        listed and costs no other.
    """
    columns = label_columns(labels)
    items: list[LabelledCluster] = []
    seen: set[str] = set()
    keys: set[str] = set()
    for frame in read_frames(path):
        name = frame.info.get(entry) or f"frame {frame.number}"
        keys |= frame.info.keys()
        if name in seen:
            raise DataError("an entry occurs twice.", file=path, found=name, expected="unique identifiers")
        seen.add(name)
        with one_item(name):
            items.append(_item(frame, columns, entry, family))
    if seen:
        check_columns(columns, keys, path, "key of a frame")
    look_at_units(columns)
    return items


def _item(frame: Frame, columns: Sequence[LabelColumn], entry: str, family: str) -> LabelledCluster:
    info = frame.info
    name = info.get(entry) or f"frame {frame.number}"
    records = []
    for column in columns:
        value = number(info.get(column.column))
        if value is not None:
            about = {"medium": info.get("medium"), "temperature_k": number(info.get("temperature_k"))}
            flags = frozenset(filter(None, info.get("flags", "").split("|")))
            records.append(column.label(name, value) | about | {"flags": flags})
    return make_entry(
        CARD.name,
        name,
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
