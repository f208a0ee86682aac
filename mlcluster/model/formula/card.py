"""The card of a formula model as Markdown, from its own record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mlcluster.labels.channels import Channel
from mlcluster.labels.methods import METHODS
from mlcluster.model.formula.channel import ChannelModel, signed
from mlcluster.model.formula.formula_model import FormulaModel

FILE = "MODEL_CARD.md"
OWN, MEAN = "formula", "mean"
_SCORES = ("mae", "mae_over_families", "rmse", "spearman", "coverage", "n")

Scores = Mapping[tuple[str, str], Mapping[str, float | None]]


def formula_card(model: FormulaModel) -> str:
    """What a user must know of a formula model: data, fit, intervals, scores beside baselines, use and limits."""
    training, channels = model.training, list(model.channels.values())
    scores = _scores(training.get("metrics") or {})
    environment = training.get("environment") or {}
    packages = {"python": environment.get("python"), **(environment.get("packages") or {})}
    parts = [
        "# formula level",
        "Written from the record of the training run; not edited by hand.",
        "## What it predicts",
        _table(["channel", "unit", "property", "method", "model", "rows", "families"], map(_channel, channels)),
        f"Run `{training.get('run_id', 'none')}`, hash `{model.hash}`.",
        "## Data",
        "The measurements of the table `literature` that may train (CC-BY-4.0 for the compilation; the facts belong to "
        "the sources named in each row, datasets/literature/CARD.md). The touchstone systems took no part in choice, "
        f"fit or intervals. Hash of rows and descriptors: `{training.get('data_hash', 'none')}`.",
        "\n".join(f"- `{one.channel}`: {_domain(one)}" for one in channels),
        "## Intervals",
        "\n".join(f"- `{one.channel}`: {one.calibration.describe()}" for one in channels),
        "Residuals behind them: each family predicted by a model chosen and fitted without it.",
        "## Scores on families held out of choice, fit and interval",
        _table(
            ["channel", "arm", *_SCORES],
            ([f"`{key}`", arm, *(_text(row.get(name)) for name in _SCORES)] for (key, arm), row in scores.items()),
        ),
        "## Intended use",
        "- A first value, with its interval, for a cluster that has a formula and no structure.",
        "## Limits",
        "\n".join(f"- {limit}" for limit in _limits(channels, scores)),
        "## Environment",
        ", ".join(f"{name} {version}" for name, version in packages.items() if version) + ".",
        "## Licence and citation",
        "MIT (hyperparameters). mlcluster developers, mlcluster; `mlcluster cite` lists data and methods.",
    ]
    return "\n\n".join(parts) + "\n"


def write_formula_card(model: FormulaModel, directory: Path) -> Path:
    """Write the card into the directory of the model."""
    path = directory / FILE
    path.write_text(formula_card(model), encoding="utf-8")
    return path


def _channel(one: ChannelModel) -> list[str]:
    channel = Channel.parse(one.channel)
    definition = channel.definition
    fitted = [str(one.fitted.get(key, "-")) for key in ("candidate", "rows", "families")]
    method = METHODS[channel.method].description
    if one.methods:
        method += f"; learned with an offset from {', '.join(one.methods)}"
    return [f"`{one.channel}`", definition.unit, definition.description, method, *fitted]


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
        _, channel, arm, score = key.split("/")
        found.setdefault((channel, arm), {})[score] = value
    return found


def _limits(channels: Sequence[ChannelModel], scores: Scores) -> Iterator[str]:
    yield "Isomers have one formula and so one prediction; where a vacancy or a dopant sits is not seen."
    for one in channels:
        own, mean = (scores.get((one.channel, arm), {}) for arm in (OWN, MEAN))
        for name, over in (("mae", "rows"), ("mae_over_families", "families")):
            here, there = own.get(name), mean.get(name)
            if here is not None and there is not None and here >= there:
                yield f"{one.channel}: over {over} held out no better than their mean ({here:.3g} against {there:.3g})."
        if one.calibration.kind != "conformal":
            yield f"{one.channel}: fewer families than a conformal interval needs; the width is Student's t."
    yield "Conditions count only as solution or solid, air or none, and temperature; the solvent is not seen."


def _table(head: Sequence[str], rows: Iterator[list[str]]) -> str:
    lines = [list(head), ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in line) + " |" for line in lines)


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
