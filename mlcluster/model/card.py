"""`ModelCard`: what a user must know about a trained model, taken from its own record and complete, or refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mlcluster.data.sources import SOURCES
from mlcluster.errors import ModelError
from mlcluster.labels.channels import Channel
from mlcluster.labels.methods import METHODS
from mlcluster.levels.network.checkpoint import load_ensemble
from mlcluster.levels.network.ensemble import Ensemble
from mlcluster.model.calibration import DIFFERENCE, Calibration, stored_calibration

NETWORK = "network"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Output(_Part):
    """One property the model gives."""

    channel: str = Field(min_length=1)
    unit: str
    property: str = Field(min_length=1)
    method: str = Field(min_length=1)
    interval: str = Field(min_length=1, description="how its intervals were calibrated")


class Difference(_Part):
    """How differences between relatives of one kind were calibrated."""

    channel: str = Field(min_length=1)
    relation: str = Field(min_length=1, description="isomer, defect, doping ...")
    least: float = Field(gt=0, description="half-width where the members agree, model space")
    unit: str = Field(description="of model space")
    multiplier: float = Field(gt=0)
    n_pairs: int = Field(ge=1, description="of all kinds: they share one multiplier")
    n_families: int = Field(ge=1)
    used: bool = Field(description="whether enough families had pairs; otherwise A and B count as strangers")


class SourceUsed(_Part):
    """Data the model learned from."""

    name: str = Field(min_length=1)
    what: str = Field(min_length=1)
    entries: int | None = Field(ge=1, description="used; None where only the total was recorded")
    licence: str = Field(min_length=1)
    citation: str = Field(min_length=1)
    traps: tuple[str, ...]


class Score(_Part):
    """Scores of one arm on rows no member has seen."""

    split: str = Field(min_length=1)
    channel: str = Field(min_length=1)
    arm: str = Field(min_length=1)
    mae: float
    rmse: float
    r2: float | None
    spearman: float | None
    mae_over_families: float | None = None
    coverage: float | None
    coverage_low: float | None = None
    coverage_high: float | None = None
    n: int = Field(ge=1)


class ModelCard(_Part):
    """All that a card has to say; a field that is missing or empty is an error."""

    name: str = Field(min_length=1)
    hash: str = Field(pattern="^[0-9a-f]{64}$")
    run_id: str = Field(min_length=1)
    network: str = Field(min_length=1)
    members: int = Field(ge=1)
    outputs: tuple[Output, ...] = Field(min_length=1)
    differences: tuple[Difference, ...]
    sources: tuple[SourceUsed, ...] = Field(min_length=1)
    data_hash: str = Field(pattern="^[0-9a-f]{64}$")
    elements: tuple[str, ...] = Field(min_length=1)
    n_atoms: tuple[int, int]
    charge: tuple[int, int] | None
    families: dict[str, int] = Field(min_length=1)
    residuals: str = Field(min_length=1, description="where the residuals behind the intervals come from")
    scores: tuple[Score, ...] = Field(min_length=2)
    environment: dict[str, str] = Field(min_length=1)
    intended_use: tuple[str, ...] = Field(min_length=1)
    limits: tuple[str, ...] = Field(min_length=1)
    licence: str = Field(min_length=1)
    citation: str = Field(min_length=1)

    @model_validator(mode="after")
    def _judged_beside_a_baseline(self) -> ModelCard:
        for output in self.outputs:
            arms = {score.arm for score in self.scores if score.channel == output.channel}
            if NETWORK not in arms or len(arms) < 2:
                raise ValueError(f"scores: {output.channel} has no scores of the network beside a baseline")
        return self


def model_card(ensemble: Ensemble) -> ModelCard:
    """Card of an ensemble from its metadata and the cards of its data sources.

    Raises
    ------
    ModelError
        Naming the first field that the record does not fill.
    """
    metadata = ensemble.metadata
    training, domain = metadata.training, metadata.domain
    scores = list(_scores(metadata.metrics))
    try:
        return ModelCard.model_validate(
            {
                "name": training.get("config", {}).get("name"),
                "hash": ensemble.hash,
                "run_id": training.get("run_id"),
                "network": _network(ensemble),
                "members": len(ensemble.members),
                "outputs": [_output(channel, ensemble) for channel in ensemble.channels],
                "differences": list(_differences(ensemble)),
                "sources": list(_sources(training)),
                "data_hash": metadata.data_hash,
                **{key: domain.get(key) for key in ("elements", "n_atoms", "charge", "families")},
                "residuals": training.get("residual_scale_origin"),
                "scores": scores,
                "environment": _environment(training.get("environment") or {}),
                "intended_use": _intended_use(ensemble),
                "limits": list(_limits(ensemble, scores)),
                "licence": "MIT (weights); each data source has its own",
                "citation": "mlcluster developers, mlcluster; `mlcluster cite` lists data and methods",
            }
        )
    except ValidationError as error:
        first = error.errors()[0]
        site = ".".join(str(part) for part in first["loc"]) or None
        raise ModelError("the record of this model does not fill its card.", site=site, found=first["msg"]) from None


def card_of(directory: str | Path) -> ModelCard:
    """Card of a model on disk.

    Raises
    ------
    ModelError
        If there is no readable model, or its record does not fill a card.
    """
    try:
        return model_card(load_ensemble(directory))
    except ModelError as error:
        raise error.placed(file=directory) from None


def _network(ensemble: Ensemble) -> str:
    config = ensemble.config
    weights = sum(value.numel() for value in ensemble.members[0].parameters())
    return (
        f"{config.trunk.name}, {config.trunk.described(config.n_features)}, cutoff {config.cutoff} angstrom, "
        f"prior {config.prior}, {weights:,} weights a member"
    )


def _output(key: str, ensemble: Ensemble) -> dict[str, str]:
    channel = Channel.parse(key)
    calibration = stored_calibration(key, ensemble.metadata.calibration, ensemble.metadata.residual_scale)
    return {
        "channel": key,
        "unit": channel.definition.unit,
        "property": channel.definition.description,
        "method": METHODS[channel.method].description,
        "interval": calibration.describe(),
    }


def _differences(ensemble: Ensemble) -> Iterator[dict[str, Any]]:
    for key, stored in ensemble.metadata.calibration.items():
        if not key.startswith(DIFFERENCE):
            continue
        channel, _, relation = key.removeprefix(DIFFERENCE).partition(" ")
        calibration = Calibration.from_json(stored)
        yield {
            "channel": channel,
            "relation": relation,
            "least": float(calibration.half_width(0.0)),
            "unit": Channel.parse(channel).definition.transform.model_unit,
            "multiplier": calibration.multiplier,
            "n_pairs": calibration.n_rows,
            "n_families": calibration.n_families,
            "used": calibration.kind == "conformal",
        }


def _sources(training: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Sources by the number of their entries, as the run counted them, or as its configuration names them."""
    named = training.get("config", {}).get("data", {}).get("source", ())
    used = training.get("sources") or dict.fromkeys([named] if isinstance(named, str) else named)
    for name, entries in used.items():
        card = SOURCES[name].card if name in SOURCES else None
        about = {key: getattr(card, key, None) for key in ("what", "licence", "citation", "traps")}
        yield {"name": name, **about, "entries": entries}


def _scores(metrics: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for key, value in metrics.items():
        split, channel, arm, name = key.split("/")
        rows.setdefault((split, channel, arm), {})[name] = value
    for (split, channel, arm), values in rows.items():
        known = {name: value for name, value in values.items() if name in Score.model_fields}
        yield {"split": split, "channel": channel, "arm": arm, **known}


def _environment(environment: Mapping[str, Any]) -> dict[str, str]:
    packages = {name: version for name, version in environment.get("packages", {}).items() if version}
    return {key: str(environment[key]) for key in ("python", "platform", "machine") if key in environment} | packages


def _intended_use(ensemble: Ensemble) -> list[str]:
    calculated = [key for key in ensemble.channels if not METHODS[Channel.parse(key).method].measured]
    uses = ["Values with intervals for clusters like those it learned from, and differences between related clusters."]
    if calculated:
        uses.append(f"{', '.join(calculated)}: to screen many structures before the calculation itself.")
    return uses


def _limits(ensemble: Ensemble, scores: list[dict[str, Any]]) -> Iterator[str]:
    families = len(ensemble.metadata.domain.get("families", {}))
    yield f"It learned from {families} families: that is the effective size of its sample."
    for key in ensemble.channels:
        if not METHODS[Channel.parse(key).method].measured:
            yield f"{key} is calculated: neither an optical onset nor an emission energy nor a measured value."
        for name, words in (("mae", "over all rows"), ("mae_over_families", "each family weighing the same")):
            own = {row["arm"]: row[name] for row in scores if row["channel"] == key and row.get(name) is not None}
            better = sorted(arm for arm, value in own.items() if value <= own.get(NETWORK, 0.0) and arm != NETWORK)
            if better:
                yield f"{key}: by the MAE of rows held out, {words}, the network does not beat {', '.join(better)}."
    yield "Outside its domain (elements, ligands, sizes, charges, latent distance) a prediction says so and is wider."
    yield "No measurement of the touchstone pairs took part in training, stopping or calibration."
