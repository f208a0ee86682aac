"""The measured systems that judge the package, recognised by their atoms whatever a user calls them."""

from __future__ import annotations

from mlcluster.chem.formula import hill_formula
from mlcluster.structure.cluster import Cluster

# Without hydrogen, which crystal structures may lack. The first is both the E and the S isomer.
_HEAVY_ATOMS = {
    "C180Ag12Au13Cl8P10": "[Au13Ag12(PPh3)10Cl8]+",
    "C171Au21N3P3S12": "[Au21(SAdm)12(PPh2py)3]+",
    "C188Au22N4P4S12": "[Au22(SAdm)12(PPh2py)4]2+",
}


def is_touchstone(cluster: Cluster) -> bool:
    """Whether a structure has the composition of one of the four systems that nothing may learn from."""
    return hill_formula({symbol: n for symbol, n in cluster.composition.items() if symbol != "H"}) in _HEAVY_ATOMS
