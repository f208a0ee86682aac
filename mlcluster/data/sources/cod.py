"""Crystal structures of the Crystallography Open Database, one CIF each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mlcluster.data.failures import one_item
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.source_cards import Card
from mlcluster.data.sources.entry import make_entry
from mlcluster.errors import InputError

CARD = Card(
    name="cod",
    what="crystal structure of neutral Au25(SCH2CH2Ph)18, with toluene; any further CIF in the folder is read as well",
    entries=1,
    families=1,
    method="X-ray diffraction; no labels",
    licence="public domain",
    citation="COD 1540567; Tofanelli et al., Chem. Sci. 2016, 7, 1882, 10.1039/C5SC02134K",
    traps=(
        "The moiety formula, the sum formula and the atoms disagree; the atoms give C144H162Au25S18 and solvent.",
        "Hydrogens are placed by rule, and metal positions are averages over disorder and motion.",
        "The same cluster, relaxed, is in nc_database, ausr and gfn1_models.",
    ),
    obtain="Download https://www.crystallography.net/cod/1540567.cif and give the folder it lies in.",
)


def read(path: Path) -> Iterator[LabelledCluster]:
    """Clusters of every CIF of a folder, or of one CIF."""
    from mlcluster.structure.read import read as read_structure

    files = [path] if path.is_file() else sorted(path.glob("*.cif"))
    if not files:
        raise InputError("this folder holds no CIF.", file=path, hint=CARD.obtain)
    for file in files:
        with one_item(file):
            results = read_structure(file)
            for error in results.failed:
                with one_item(file):
                    raise error
            for number, result in enumerate(results, start=1):
                cluster = result.cluster
                yield make_entry(
                    CARD.name,
                    file.stem if len(results) == 1 else f"{file.stem} {number}",
                    cluster.numbers,
                    cluster.positions,
                    charge=cluster.charge,
                    multiplicity=cluster.multiplicity,
                    declared_ligands=cluster.declared_ligands,
                )
