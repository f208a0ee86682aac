"""Bundled model clusters of `mlcluster.design.frameworks`; see ``datasets/computed_frameworks/CARD.md``."""

from __future__ import annotations

from mlcluster.data.labelled import LabelledCluster, with_computed_labels
from mlcluster.data.source_cards import Card
from mlcluster.data.sources.entry import make_entry
from mlcluster.errors import DataError
from mlcluster.resources import dataset_dir
from mlcluster.structure.read import read

CARD = Card(
    name="frameworks",
    what="125 idealised model clusters, M2 to M38, of Au, Ag, Cu with PR3, SR, SeR, halides, alkynyls and hydrides",
    entries=125,
    families=29,
    labels={"gap:gfn1-xtb": 51, "gap:dft-pbe-lanl2dz": 101},
    method="built by rule, ligands relaxed with GFN1-xTB; gaps (eV) by GFN1-xTB (300 K) and by PBE/LANL2DZ",
    licence="CC-BY-4.0",
    citation="part of mlcluster, datasets/computed_frameworks/CARD.md",
    traps=(
        "Models, not crystals: a calculated gap of a model is no optical gap.",
        "GFN1-xTB and PBE gaps are two fidelities: they differ by family, and by more than a shift.",
    ),
    obtain="Comes with the package.",
    bundled=True,
)


def load() -> list[LabelledCluster]:
    """All entries with their gaps; each has the family of its structural key.

    Raises
    ------
    DataError
        If the file does not hold as many entries as its card says.
    """
    path = dataset_dir("computed_frameworks") / "structures.xyz"
    clusters = [result.cluster for result in read(path)]
    if len(clusters) != CARD.entries:
        raise DataError("a bundled data set is not whole.", file=path, found=len(clusters), expected=CARD.entries)
    items = [
        make_entry(CARD.name, c.name, c.numbers, c.positions, charge=c.charge, multiplicity=c.multiplicity)
        for c in clusters
    ]
    return list(with_computed_labels(CARD.name, items))
