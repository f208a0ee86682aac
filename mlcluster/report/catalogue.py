"""What there is to learn from: every data source and the literature table, and whether they are at hand."""

from __future__ import annotations

from typing import Any

from mlcluster.data.source_cards import Card
from mlcluster.data.sources import SOURCES
from mlcluster.data.sources.prepared import is_present, open_prepared
from mlcluster.labels.label_records import trainable
from mlcluster.labels.literature import clusters, measurements
from mlcluster.labels.literature.table import bundled


def catalogue() -> list[dict[str, Any]]:
    """Sources in the order of the registry, the literature table first.

    Returns
    -------
    One dictionary a source: ``{"name", "what", "entries", "labels", "families", "method", "licence", "citation",
    "traps", "state", "obtain"}``. ``state`` is "bundled", "prepared", "not here" or "yours"; entries, labels and
    families are those at hand, or where a source is not here those its card promises (None where it does not say).
    """
    return [_literature(), *(_source(source.card) for source in SOURCES.values())]


def _literature() -> dict[str, Any]:
    labels = measurements()
    counts: dict[str, int] = {}
    for label in labels:
        counts[label.channel.key] = counts.get(label.channel.key, 0) + 1
    return {
        "name": "literature",
        "what": "measurements of ligand-protected clusters, without structures",
        "entries": len(clusters()),
        "labels": dict(sorted(counts.items())),
        "families": None,
        "method": "read from abstracts and open texts; each row with its source",
        "licence": "CC-BY-4.0",
        "citation": f"the doi or reference of each row of {bundled('measurements.csv')}",
        "traps": [f"{len(labels) - len(trainable(labels))} of {len(labels)} values are flagged and not trained on."],
        "state": "bundled",
        "obtain": "Comes with the package; mlcluster data link finds the record of a crystal.",
    }


def _source(card: Card) -> dict[str, Any]:
    facts = card.to_dict()
    about = {"entries": card.entries, "labels": dict(card.labels), "families": card.families or None}
    if card.bundled:
        state = "bundled" if card.entries else "yours"
        if card.entries:
            about["families"] = len({item.family for item in SOURCES[card.name].load()})
    elif is_present(card):
        state = "prepared"
        about = {key: open_prepared(card).header[key] for key in about}
    else:
        state = "not here"
    kept = ("name", "what", "method", "licence", "citation", "obtain")
    return {**{key: facts[key] for key in kept}, **about, "traps": list(card.traps), "state": state}
