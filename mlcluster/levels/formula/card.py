"""`FormulaCard`: what a user must know of a formula model, from its record and complete, or refused; as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import Field, model_validator

from mlcluster.labels.methods import METHODS, Channel
from mlcluster.levels.formula.channel_model import ChannelModel, signed
from mlcluster.levels.formula.predict import FormulaModel
from mlcluster.model.card_parts import Part, filled, listed, markdown_table

OWN, MEAN = "formula", "mean"
_SCORES = ("mae", "mae_over_families", "rmse", "spearman", "coverage", "n")

Scores = Mapping[tuple[str, str], Mapping[str, float | None]]


class FormulaOutput(Part):
    """One property the model gives."""

    channel: str = Field(min_length=1)
    unit: str
    property: str = Field(min_length=1)
    method: str = Field(min_length=1)
    model: str = Field(min_length=1, description="kernel and descriptors chosen")
    rows: int = Field(ge=1)
    families: int = Field(ge=1)
    domain: str = Field(min_length=1)
    interval: str = Field(min_length=1, description="how its intervals were calibrated")


class FormulaScore(Part):
    """Scores of the model or a baseline on families held out."""

    channel: str = Field(min_length=1)
    arm: str = Field(min_length=1)
    values: dict[str, float | None] = Field(min_length=1)


class FormulaCard(Part):
    """All that a card has to say; a field that is missing or empty is an error."""

    hash: str = Field(pattern="^[0-9a-f]{64}$")
    run_id: str = Field(min_length=1)
    data_hash: str = Field(pattern="^[0-9a-f]{64}$")
    outputs: tuple[FormulaOutput, ...] = Field(min_length=1)
    scores: tuple[FormulaScore, ...] = Field(min_length=2)
    environment: dict[str, str] = Field(min_length=1)
    limits: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _judged_beside_the_mean(self) -> FormulaCard:
        for output in self.outputs:
            judged = {score.arm for score in self.scores if score.channel == output.channel}
            if not {OWN, MEAN} <= judged:
                raise ValueError(f"scores: {output.channel} has no scores beside the mean")
        return self

    def text(self) -> str:
        """Markdown for people; the same card gives the same text."""
        return _text(self)


def formula_card(model: FormulaModel) -> FormulaCard:
    """Card of a formula model from its record: data, fit, intervals, scores beside baselines and limits.

    Raises
    ------
    ModelError
        Naming the first field that the record does not fill.
    """
    training, channels = model.training, list(model.channels.values())
    scores = _scores(training.get("metrics") or {})
    environment = training.get("environment") or {}
    packages = {"python": environment.get("python"), **(environment.get("packages") or {})}
    return filled(
        FormulaCard,
        {
            "hash": model.hash,
            **{key: training.get(key) for key in ("run_id", "data_hash")},
            "outputs": [_output(one) for one in channels],
            "scores": [{"channel": key, "arm": name, "values": row} for (key, name), row in scores.items()],
            "environment": {name: version for name, version in packages.items() if version},
            "limits": list(_limits(channels, scores)),
        },
    )


def _text(card: FormulaCard) -> str:
    head = ["channel", "unit", "property", "method", "model", "rows", "families"]
    outputs = ([f"`{one.channel}`", *(str(getattr(one, name)) for name in head[1:])] for one in card.outputs)
    scores = (
        [
            f"`{row.channel}`",
            row.arm,
            *("-" if (value := row.values.get(name)) is None else f"{value:.3g}" for name in _SCORES),
        ]
        for row in card.scores
    )
    parts = [
        "# formula level",
        "Written from the record of the training run; not edited by hand.",
        "## What it predicts",
        markdown_table(head, outputs),
        f"Run `{card.run_id}`, hash `{card.hash}`.",
        "## Data",
        "The measurements of the table `literature` that may train (CC-BY-4.0 for the compilation; the facts belong to "
        "the sources named in each row, datasets/literature/CARD.md). The touchstone systems took no part in choice, "
        f"fit or intervals. Hash of rows and descriptors: `{card.data_hash}`.",
        listed(f"`{one.channel}`: {one.domain}" for one in card.outputs),
        "## Intervals",
        listed(f"`{one.channel}`: {one.interval}" for one in card.outputs),
        "Residuals behind them: each family predicted by a model chosen and fitted without it.",
        "## Scores on families held out of choice, fit and interval",
        markdown_table(["channel", "model or baseline", *_SCORES], scores),
        "## Intended use",
        "- A first value, with its interval, for a cluster that has a formula and no structure.",
        "## Limits",
        listed(card.limits),
        "## Environment",
        ", ".join(f"{name} {version}" for name, version in card.environment.items()) + ".",
        "## Licence and citation",
        "MIT (hyperparameters). mlcluster developers, mlcluster; `mlcluster cite` lists data and methods.",
    ]
    return "\n\n".join(parts) + "\n"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"


def _output(one: ChannelModel) -> dict[str, Any]:
    channel = Channel.parse(one.channel)
    definition = channel.definition
    method = METHODS[channel.method].description
    if one.methods:
        method += f"; learned with an offset from {', '.join(one.methods)}"
    return {
        "channel": one.channel,
        "unit": definition.unit,
        "property": definition.description,
        "method": method,
        "model": one.fitted.get("candidate"),
        "rows": one.fitted.get("rows"),
        "families": one.fitted.get("families"),
        "domain": _domain(one),
        "interval": one.calibration.describe(),
    }


def _domain(one: ChannelModel) -> str:
    low, high = one.domain["n_metals"]
    charge = one.domain["charge"]
    charges = f"charges {signed(charge[0])} to {signed(charge[1])}" if charge else "no stated charge"
    return (
        f"{', '.join(one.domain['metals'])}; {low} to {high} metal atoms; {charges}; "
        f"ligands: {', '.join(one.domain['ligand_classes'])}"
    )


def _scores(metrics: Mapping[str, float | None]) -> dict[tuple[str, str], dict[str, float | None]]:
    found: dict[tuple[str, str], dict[str, float | None]] = {}
    for key, value in metrics.items():
        _, channel, name, score = key.split("/")
        found.setdefault((channel, name), {})[score] = value
    return found


def _limits(channels: Sequence[ChannelModel], scores: Scores) -> Iterator[str]:
    yield "Isomers have one formula and so one prediction; where a vacancy or a dopant sits is not seen."
    for one in channels:
        own, mean = (scores.get((one.channel, name), {}) for name in (OWN, MEAN))
        for name, over in (("mae", "rows"), ("mae_over_families", "families")):
            here, there = own.get(name), mean.get(name)
            if here is not None and there is not None and here >= there:
                yield f"{one.channel}: over {over} held out no better than their mean ({here:.3g} against {there:.3g})."
        if one.calibration.kind != "conformal":
            yield f"{one.channel}: fewer families than a conformal interval needs; the width is Student's t."
    yield "Conditions count only as solution or solid, air or none, and temperature; the solvent is not seen."
