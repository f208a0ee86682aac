"""What the bundled models are asked about: metal clusters, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from mlcluster.anatomy import Anatomy
from mlcluster.electronic.calculation import CalculationError
from mlcluster.errors import MlclusterError, StructureError
from mlcluster.levels.network import Ensemble, load_ensemble
from mlcluster.levels.network.cluster_graph import ClusterGraph
from mlcluster.prediction.calculated import LevelChoice, graphs_of
from mlcluster.resources import bundled_model_dir


def check_is_cluster(anatomy: Anatomy, ensemble: Ensemble, file: str = "") -> None:
    """Refuse a structure that is no metal cluster, as the bundled models have learned from clusters alone.

    A model of your own may have learned from anything, so it answers whatever it is asked.

    Parameters
    ----------
    anatomy
        The structure.
    ensemble
        The network that is to predict it.
    file
        What it was read from; otherwise its source.

    Raises
    ------
    StructureError
        If it has fewer than two metal atoms, or none in contact or bridged, and the network is the bundled one.
    """
    if anatomy.no_cluster is None or ensemble.hash != _bundled_hash():
        return
    cluster = anatomy.cluster
    raise StructureError(
        "this is no metal cluster, and the bundled models know nothing else.",
        file=file or cluster.source.path or cluster.name,
        found=f"{cluster.formula} with {anatomy.no_cluster}",
        expected="at least two metal atoms in contact or bridged",
        hint="mlcluster inspect describes it; --model takes a model trained on such structures.",
    )


def with_graphs(
    anatomies: Iterable[Anatomy], ensemble: Ensemble, level: LevelChoice, file: str = ""
) -> tuple[list[Anatomy], list[ClusterGraph], list[MlclusterError]]:
    """Structures that can be predicted, with what the network sees of them, and why others cannot.

    One that cannot costs no other of its file.

    Parameters
    ----------
    anatomies
        What a file holds.
    ensemble
        The network that is to predict it.
    level
        Which levels answer; with a model of one's own anything may be asked about.
    file
        What it was read from; otherwise the source of each.
    """
    kept: list[Anatomy] = []
    graphs: list[ClusterGraph] = []
    errors: list[MlclusterError] = []
    for anatomy in anatomies:
        try:
            if level.model is None:
                check_is_cluster(anatomy, ensemble, file)
            graphs += graphs_of([anatomy], ensemble, level)
        except (StructureError, CalculationError) as error:
            errors.append(error)
        else:
            kept.append(anatomy)
    return kept, graphs, errors


@lru_cache(maxsize=1)
def _bundled_hash() -> str:
    return load_ensemble(bundled_model_dir()).hash
