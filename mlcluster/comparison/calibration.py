"""Calibrations of paired differences: where they are kept, and to which pairs they apply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mlcluster.comparison.properties import difference_key
from mlcluster.model import Ensemble
from mlcluster.model.calibration import Calibration

RELATIVES = ("isomer", "defect", "doping", "ligand exchange", "charge state", "mirror image", "identical")
"""Relations within one family: a paired calibration comes from such pairs and holds for them only."""


def difference_calibrations(ensemble: Ensemble, relation: str) -> dict[str, Calibration]:
    """Paired calibrations of an ensemble by channel, for a pair of that relation; none for strangers.

    Only those that rest on enough independent families to need no assumption (`Calibration.kind` "conformal").
    """
    if relation not in RELATIVES:
        return {}
    stored = ensemble.metadata.calibration
    found = {
        channel: Calibration.from_json(stored[difference_key(channel)])
        for channel in ensemble.channels
        if difference_key(channel) in stored
    }
    return {channel: calibration for channel, calibration in found.items() if calibration.kind == "conformal"}


def with_difference_calibrations(ensemble: Ensemble, calibrations: Mapping[str, Calibration]) -> Ensemble:
    """The same ensemble with paired calibrations by channel in its metadata; its hash changes with them."""
    stored = dict(ensemble.metadata.calibration)
    stored |= {difference_key(channel): calibration.to_json() for channel, calibration in calibrations.items()}
    return Ensemble(ensemble.members, replace(ensemble.metadata, calibration=stored))
