"""File -> `Cluster`: pymatgen reads; disorder, fragments, charge and doubts are settled and reported here."""

from mlcluster.structure.cluster import Cluster, CrystalContext, Source
from mlcluster.structure.read import read
from mlcluster.structure.report import Dropped, Entry, Report
from mlcluster.structure.result import ReadResult

__all__ = ["Cluster", "CrystalContext", "Dropped", "Entry", "ReadResult", "Report", "Source", "read"]
