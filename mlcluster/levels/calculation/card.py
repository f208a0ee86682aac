"""`CalculationCard`: what a user must know of a calculation model, complete or refused; as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from mlcluster.labels.methods import METHODS, Channel
from mlcluster.levels.calculation.predict import CalculationChannel, CalculationModel
from mlcluster.model.card_parts import Part, filled, listed, markdown_table


class CalculationOutput(Part):
    """One property the model gives."""

    channel: str = Field(min_length=1)
    unit: str
    method: str = Field(min_length=1)
    source: str = Field(min_length=1, description="where the labels are from")
    model: str = Field(min_length=1, description="the line in words")
    rows: int = Field(ge=1)
    families: int = Field(ge=2)
    mae: float = Field(ge=0, description="families held out")
    mae_of_mean: float = Field(ge=0)
    coverage_over_families: float = Field(ge=0, le=1)
    domain: str = Field(min_length=1)
    interval: str = Field(min_length=1)
    differences: tuple[str, ...]


class CalculationCard(Part):
    """All that a card has to say; a field that is missing or empty is an error."""

    hash: str = Field(pattern="^[0-9a-f]{64}$")
    data_hash: str = Field(pattern="^[0-9a-f]{64}$")
    outputs: tuple[CalculationOutput, ...] = Field(min_length=1)
    environment: dict[str, str] = Field(min_length=1)
    limits: tuple[str, ...] = Field(min_length=1)

    def text(self) -> str:
        """Markdown for people; the same card gives the same text."""
        return _text(self)


LIMITS = (
    "Ligands are cut down to what binds: what a real ligand adds beyond SH, PH3 or C2H is not seen. The lines "
    "of the SCH3 set, asked for twelve clusters with their real thiolates, are wrong by +0.16 +- 0.08 eV (gap), "
    "+0.37 +- 0.19 eV (ionization energy) and -0.26 +- 0.19 eV (affinity): where more than methyl groups are cut off, "
    "intervals of values are wider for it. The file of the capped cluster has narrower intervals: they are of that "
    "cluster, not of the crystal.",
    "Between GFN1-xTB and DFT gaps stands an offset that depends on the kind of cluster (+0.3 eV for thiolates, +0.9 "
    "and -0.9 eV for others): rows outside the domain have intervals that are wider by the factor named.",
    "Open shells were not learned from.",
    "Gaps are those of the method named, not optical gaps.",
)


def calculation_card(model: CalculationModel) -> CalculationCard:
    """Card of a calculation model from its record.

    Raises
    ------
    ModelError
        Naming the first field that the record does not fill.
    """
    environment = model.training.get("environment") or {}
    packages = {"python": environment.get("python"), **(environment.get("packages") or {})}
    values = {
        "hash": model.hash,
        "data_hash": model.training.get("data_hash"),
        "outputs": [_output(key, one) for key, one in model.by_channel.items()],
        "environment": {name: version for name, version in packages.items() if version},
        "limits": LIMITS,
    }
    return filled(CalculationCard, values)


def _output(key: str, one: CalculationChannel) -> dict[str, Any]:
    channel, fitted = Channel.parse(key), one.fitted
    names = ("source", "rows", "families", "mae", "mae_of_mean", "coverage_over_families")
    return {
        "channel": key,
        "unit": channel.definition.unit,
        "method": METHODS[channel.method].description,
        "model": _in_words(one),
        **{name: fitted.get(name) for name in names},
        "domain": _domain(one.domain),
        "interval": one.calibration.describe()
        + (f" Spread of clusters whose ligands are larger than methyl: {one.cut_error:g}." if one.cut_error else ""),
        "differences": [f"{relation}: {each.describe()}" for relation, each in one.differences.items()],
    }


def _in_words(one: CalculationChannel) -> str:
    stored = one.model.to_dict()
    if stored["kind"] != "line":
        number = f"{len(stored['starts'])} trees" if stored["kind"] == "trees" else "Gaussian process"
        return f"{number} on {len(stored['names'])} descriptors"
    if len(stored["names"]) > 4:  # a longer sum says nothing to a reader
        return f"ridge on {len(stored['names'])} descriptors"
    terms = [f"{slope:+.4f} {name}" for slope, name in zip(stored["slopes"], stored["names"], strict=True)]
    return " ".join([f"{stored['offset']:.4f}", *terms])


def _domain(domain: Mapping[str, Any]) -> str:
    (low, high), classes = domain["n_metals"], domain["ligand_classes"]
    charge = domain["charge"]
    charges = f"; charges {charge[0]:+d} to {charge[1]:+d}" if charge else ""
    return f"{', '.join(domain['elements'])}; {low} to {high} metal atoms{charges}; " + (
        "whole ligands" if classes is None else f"capped ligands: {', '.join(classes) or 'none'}"
    )


def _text(card: CalculationCard) -> str:
    head = ["channel", "unit", "model", "rows", "families", "mae", "mae_of_mean", "coverage_over_families"]
    rows = (
        [f"`{o.channel}`", o.unit, o.model, str(o.rows), str(o.families)]
        + [f"{value:.3g}" for value in (o.mae, o.mae_of_mean, o.coverage_over_families)]
        for o in card.outputs
    )
    parts = [
        "# calculation level",
        "Few parameters on the descriptors of one GFN1-xTB calculation of the ligand-capped cluster. Written from the "
        "record of the fit; not edited by hand.",
        "## What it predicts",
        markdown_table(head, rows),
        "Errors and coverage: each family predicted by a line fitted without it, in the unit of the channel.",
        f"Hash `{card.hash}`.",
        "## Data",
        listed(f"`{o.channel}`: {o.method}. {o.source}" for o in card.outputs),
        f"Hash of descriptors and labels: `{card.data_hash}`. No structure of others is in the model.",
        "## Domain",
        listed(f"`{o.channel}`: {o.domain}" for o in card.outputs),
        "## Intervals",
        listed(f"`{o.channel}`: {o.interval}" for o in card.outputs),
        "Differences of two clusters, where enough families had such pairs; otherwise the errors of both are combined "
        "as independent:",
        listed([f"`{o.channel}`, {each}" for o in card.outputs for each in o.differences] or ["none"]),
        "## Limits",
        listed(card.limits),
        "## Environment",
        ", ".join(f"{name} {version}" for name, version in card.environment.items()) + ".",
        "## Licence and citation",
        "MIT (parameters). mlcluster developers, mlcluster; `mlcluster cite` lists data and methods.",
    ]
    return "\n\n".join(parts) + "\n"
