"""`ChannelModel`: one property of a cluster from its formula, with an interval and the limits of what it has seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcluster.errors import ModelError
from mlcluster.levels.formula.features import DESCRIPTORS, columns, describe
from mlcluster.levels.formula.formula_record import FormulaRecord
from mlcluster.model.calibration import Calibration
from mlcluster.model.gaussian_process import GaussianProcess, Hyperparameters

Array = NDArray[np.float64]

SIZE_SLACK = 0.1
"""Share of the range of sizes by which a cluster may lie beyond it and still count as inside."""

FARTHEST = 2.5
"""Deviations from the mean of the training rows that a descriptor counts at most."""


@dataclass(frozen=True, kw_only=True)
class ChannelModel:
    """One channel of a `FormulaModel`.

    Parameters
    ----------
    channel
        ``target:method``.
    descriptors
        Names of the descriptors used.
    methods
        Methods of the rows that have a column of their own, an offset; predictions are for none of them.
    center, scale
        By which descriptors are standardised, (D + M,); a descriptor that is not known enters as 0.
    process
        Conditioned on the standardised rows.
    calibration
        From the spread of the process to intervals.
    domain
        ``metals``, ``ligand_classes``: names seen; ``n_metals``, ``charge``: [lowest, highest].
    fitted
        How descriptors and kernel were chosen, and the scores of what was tried.
    """

    channel: str
    descriptors: tuple[str, ...]
    methods: tuple[str, ...]
    center: Array
    scale: Array
    process: GaussianProcess
    calibration: Calibration
    domain: Mapping[str, Any]
    fitted: Mapping[str, Any]

    def predict(self, records: Sequence[FormulaRecord]) -> tuple[Array, Array]:
        """Mean and spread in model space, (N,) each."""
        return self.of_descriptors(describe(records))

    def of_descriptors(self, described: Array) -> tuple[Array, Array]:
        """The same for records that are described already, (N, D), as `describe` gives it."""
        inputs = standardised(design(described, self.descriptors, len(self.methods)), self.center, self.scale)
        return self.process.predict(inputs)

    def reasons_outside(self, record: FormulaRecord) -> list[str]:
        """Named reasons why a prediction is an extrapolation; empty when it is not."""
        return reasons_outside(record, self.domain)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "channel": self.channel,
            "descriptors": list(self.descriptors),
            "methods": list(self.methods),
            "center": self.center.tolist(),
            "scale": self.scale.tolist(),
            "process": self.process.to_json(),
            "calibration": self.calibration.to_json(),
            "domain": dict(self.domain),
            "fitted": dict(self.fitted),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ChannelModel:
        """Channel from what `to_json` gave.

        Raises
        ------
        ModelError
            If an entry is missing, shapes do not fit, or a descriptor is not one of this package.
        """
        unknown = [name for name in values.get("descriptors", ()) if name not in DESCRIPTORS]
        if unknown:
            raise ModelError(
                "the formula model needs a descriptor that this package does not have.",
                site=values.get("channel"),
                found=unknown[0],
                hint="Update mlcluster.",
            )
        try:
            stored = values["process"]
            process = GaussianProcess(
                np.array(stored["x"], dtype=np.float64).reshape(len(stored["y"]), len(values["center"])),
                np.array(stored["y"], dtype=np.float64),
                stored["families"],
                Hyperparameters(**stored["hyperparameters"]),
            )
            return cls(
                channel=values["channel"],
                descriptors=tuple(values["descriptors"]),
                methods=tuple(values["methods"]),
                center=np.array(values["center"], dtype=np.float64),
                scale=np.array(values["scale"], dtype=np.float64),
                process=process,
                calibration=Calibration.from_json(values["calibration"]),
                domain=values["domain"],
                fitted=dict(values["fitted"]),
            )
        except (KeyError, TypeError, ValueError, np.linalg.LinAlgError) as error:
            raise ModelError(
                "cannot read a channel of the formula model.", site=values.get("channel"), found=error
            ) from error


def design(described: Array, descriptors: Sequence[str], n_methods: int) -> Array:
    """Descriptors chosen from all, and a zero for each method with an offset, (N, D + M); NaN where not known."""
    return np.hstack([described[:, columns(descriptors)], np.zeros((len(described), n_methods))])


def standardised(inputs: Array, center: Array, scale: Array) -> Array:
    """Inputs less center over scale, with 0, the mean of the training rows, for what is not known.

    Beyond `FARTHEST` deviations they count as that far: a descriptor that a single training row differs in says little
    of how far its effect can be carried on.
    """
    return np.clip(np.nan_to_num((inputs - center) / scale, nan=0.0), -FARTHEST, FARTHEST)


def domain_of(records: Sequence[FormulaRecord]) -> dict[str, Any]:
    """Describe what training has seen: metals, ligand classes, range of size and charge."""
    sizes = [record.n_metals for record in records]
    charges = [record.charge for record in records if record.charge is not None]
    return {
        "metals": sorted({metal for record in records for metal in record.metals}),
        "ligand_classes": sorted({group for record in records for group in record.groups}),
        "n_metals": [min(sizes), max(sizes)],
        "charge": [min(charges), max(charges)] if charges else None,
    }


def reasons_outside(record: FormulaRecord, domain: Mapping[str, Any]) -> list[str]:
    """Named reasons why a prediction for `record` is an extrapolation.

    Parameters
    ----------
    record
        What is to be predicted.
    domain
        As `domain_of` gives it.
    """
    reasons = []
    metals = sorted(set(record.metals) - set(domain["metals"]))
    if metals:
        reasons.append(f"metals never seen in training: {', '.join(metals)}")
    classes = sorted(record.groups - set(domain["ligand_classes"]))
    if classes:
        reasons.append(f"ligand classes never seen in training: {', '.join(classes)}")
    if not record.ligands:
        reasons.append("no ligand in the formula")
    low, high = domain["n_metals"]
    if not low * (1 - SIZE_SLACK) <= record.n_metals <= high * (1 + SIZE_SLACK):
        reasons.append(f"{record.n_metals} metal atoms; training had {low} to {high}")
    if record.charge is None:
        reasons.append("charge not stated, so the number of electrons is not known")
    elif domain["charge"]:
        low, high = domain["charge"]
        if not low <= record.charge <= high:
            reasons.append(f"charge {signed(record.charge)}; training had {signed(low)} to {signed(high)}")
    return reasons


def signed(charge: int) -> str:
    """A charge as chemists write it; 0 has no sign."""
    return f"{charge:+d}" if charge else "0"
