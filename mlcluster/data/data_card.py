"""What a run learned from: the hash of its entries, and a card in words."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.sources import SOURCES
from mlcluster.data.splits import Split, families_of
from mlcluster.labels import Channel


def data_hash(items: Iterable[LabelledCluster], splits: Iterable[Split] = ()) -> str:
    """SHA-256 (hex) of entries in the order of their identifiers, and of the splits.

    Positions enter rounded to 0.0001 angstrom, so that the same data hash alike on every machine.
    """
    digest = hashlib.sha256()
    for item in sorted(items, key=lambda item: item.entry):
        cluster = item.cluster
        head = [item.entry, item.family, cluster.charge, cluster.multiplicity]
        labels = sorted((r.channel.key, repr(r.value), r.bound or "", r.medium or "") for r in item.labels)
        digest.update(json.dumps([head, labels]).encode())
        digest.update(np.asarray(cluster.numbers, dtype="<i8").tobytes())
        digest.update(np.rint(cluster.positions * 1e4).astype("<i8").tobytes())
    for split in splits:
        digest.update(json.dumps(dataclasses.asdict(split), sort_keys=True).encode())
    return digest.hexdigest()


def data_card(items: Sequence[LabelledCluster], channels: Sequence[str], digest: str) -> str:
    """Write the card of the entries of a run as Markdown.

    Parameters
    ----------
    items
        Entries, with the labels that may be learned from.
    channels
        Those the run is about, ``target:method``.
    digest
        Hash of the entries.
    """
    parts = [
        "# Data of this run",
        f"{len(items):,} entries, SHA-256 of entries, structures and labels `{digest}`.",
        "## Sources",
        "\n".join(_sources(items)),
        "## Labels",
        "\n".join(["| channel | unit | values | bounds | smallest | largest | mean | SD |", "|" + " --- |" * 8]),
    ]
    parts[-1] += "".join(f"\n{_label_row(items, channel)}" for channel in channels)
    groups = families_of(items)
    families = ", ".join(f"{name} {len(group):,}" for name, group in groups.items())
    parts += [f"## Families\n\n{len(groups)}: {families}."]
    return "\n\n".join(parts) + "\n"


def _sources(items: Sequence[LabelledCluster]) -> Iterator[str]:
    for name in sorted({item.source for item in items}):
        count = sum(item.source == name for item in items)
        if name not in SOURCES:
            yield f"- **{name or 'of your own'}**: {count:,} entries."
            continue
        card = SOURCES[name].card
        yield f"- **{name}**: {count:,} entries of {card.what}. Licence: {card.licence}. Citation: {card.citation}."
        yield f"  - obtained by: {card.method}"
        yield from (f"  - {trap}" for trap in card.traps)


def _label_row(items: Sequence[LabelledCluster], channel: str) -> str:
    records = [record for item in items for record in item.labels if record.channel.key == channel]
    values = np.array([record.value for record in records if record.bound is None])
    numbers = [values.min(), values.max(), values.mean(), values.std()] if len(values) else []
    told = " | ".join(f"{number:.4g}" for number in numbers) or "- | - | - | -"
    unit = Channel.parse(channel).definition.unit
    return f"| `{channel}` | {unit} | {len(values):,} | {len(records) - len(values)} | {told} |"
