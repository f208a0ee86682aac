"""What graphs bring beside structure and labels, where the network asks for it: of one calculation, or its levels."""

from __future__ import annotations

from collections.abc import Sequence

from mlcluster.data.datamodule import FieldsOf
from mlcluster.data.labelled import LabelledCluster
from mlcluster.levels.network.calculated_inputs import KnownRows, with_calculation
from mlcluster.levels.network.known_levels import KnownLevels, with_levels
from mlcluster.levels.run_config import TrainConfig


def known_fields(config: TrainConfig) -> FieldsOf | None:
    """Function that gives the further fields of training graphs; None where there are none."""
    if config.model.n_calculated:
        return KnownRows(config.calculation.max_seconds)
    return KnownLevels(config.calculation.max_seconds) if config.model.frontier == "hamiltonian" else None


def with_known_fields(items: Sequence[LabelledCluster], config: TrainConfig) -> list[LabelledCluster]:
    """Entries for which these fields exist, calculated side by side; others are told of and left out.

    Raises
    ------
    DataError
        If there is none.
    """
    asked = (config.calculation.max_seconds, config.ensemble.workers)
    if config.model.n_calculated:
        return with_calculation(items, *asked)
    return with_levels(items, *asked) if config.model.frontier == "hamiltonian" else list(items)
