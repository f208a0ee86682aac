"""Measured clusters of the literature table that a framework can stand for; see `mlcluster.design.known_models`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.source_cards import Card
from mlcluster.data.sources.entry import make_entry
from mlcluster.design.known_models import ModelGeometry, model_geometries
from mlcluster.labels import LabelRecord
from mlcluster.labels.conditions import ROOM_TEMPERATURE, Medium
from mlcluster.labels.literature.measurements import clusters

CHANNELS = (
    "emission:measured",
    "quantum_yield:measured",
    "lifetime:measured",
    "gap:optical",
    "gap:electrochemical",
    "gap:measured-not-stated",
)
"""Channels that entries have: what was measured, not what was calculated."""

CARD = Card(
    name="literature_models",
    what="measured clusters of the literature table as model geometries, not crystals: Cu3 to Au38",
    entries=28,
    families=9,
    labels={
        "emission:measured": 15,
        "quantum_yield:measured": 12,
        "lifetime:measured": 3,
        "gap:optical": 4,
        "gap:electrochemical": 2,
        "gap:measured-not-stated": 1,
    },
    method="structures built by rule with the metals, donors and charge of a record, ligands cut to hydrogen, not "
    "relaxed; emission (nm), quantum yield (fraction), lifetime (us) and gaps (eV) as measured",
    licence="CC-BY-4.0",
    citation="the doi or reference of each row of datasets/literature/measurements.csv",
    traps=(
        "Models, not crystals: ligands, packing and the sites of foreign metals are not those that were measured.",
        "One structure stands for compounds that differ in ligands alone, and for one under several conditions.",
        "The structure says nothing of the medium: values in solids and solutions are entries of their own.",
        "Records with isomers that fit as well have no entry; the touchstones E and S have one that never trains.",
    ),
    obtain="Comes with the package; mlcluster data link --models says how each entry was built.",
    bundled=True,
)


def load(table: str | Path | None = None) -> list[LabelledCluster]:
    """One entry for each compound and set of conditions that was measured; the family is the structural key.

    Parameters
    ----------
    table
        Table of measurements; the bundled one by default.

    Raises
    ------
    DataError
        If a row of the table breaks a rule.
    """
    return [entry for model in model_geometries(clusters(table).values()) for entry in _entries(model)]


def _entries(model: ModelGeometry) -> Iterator[LabelledCluster]:
    cluster = model.cluster
    if cluster is None:
        return
    groups: dict[str, list[LabelRecord]] = defaultdict(list)
    for measurement in model.record.measurements:
        stated = conditions(measurement.medium, measurement.temperature_k)
        groups[stated] += [record for record in measurement.labels if record.channel.key in CHANNELS]
    for stated, records in groups.items():
        if not records:
            continue
        entry = make_entry(
            CARD.name,
            " ".join(filter(None, (model.record.id, stated))),
            cluster.numbers,
            cluster.positions,
            name=cluster.name,
            charge=cluster.charge,
            multiplicity=cluster.multiplicity,
        )
        # The records keep the name of the compound, by which a touchstone is known whatever happens to its flags.
        labels = tuple(replace(record, family=entry.family) for record in records)
        yield replace(entry, labels=labels, edits=model.edits)


def conditions(medium: Medium | None, temperature_k: float | None) -> str:
    """Conditions that the formula level tells apart, in words; empty for a solution in air at room temperature.

    Not stated counts as that, as it does there.
    """
    words = (
        "solid" if medium is not None and medium.is_solid else "",
        "deaerated" if medium is not None and medium.oxygen is False else "",
        f"{temperature_k:g} K" if temperature_k is not None and temperature_k < ROOM_TEMPERATURE else "",
    )
    return ", ".join(filter(None, words))
