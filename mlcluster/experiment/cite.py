"""The verb ``cite``: the works a user owes for a prediction, from the training record of the model that made it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlcluster.data.sources import SOURCES
from mlcluster.errors import InputError, MlclusterError
from mlcluster.experiment.references import (
    CONFORMAL,
    ENSEMBLES,
    GAUSSIAN_PROCESSES,
    MLCLUSTER,
    OF_METHODS,
    PAINN,
    PYG,
    PYMATGEN,
    PYTORCH,
    Reference,
    reference_of,
)
from mlcluster.labels import trainable
from mlcluster.labels.literature import measurements
from mlcluster.labels.methods import Channel
from mlcluster.levels.formula.predict import DOCUMENT as FORMULA_DOCUMENT
from mlcluster.levels.formula.predict import FormulaModel, load_formula_model
from mlcluster.levels.network import Ensemble, load_ensemble
from mlcluster.resources import bundled_model_dir
from mlcluster.runs.spreadsheet import read_sheet
from mlcluster.tracking.registered_models import located

Owed = tuple[str, str, Reference]
"""Role (software, method or data), why it is owed, and the work."""


def cite(file: str | Path | None = None, *, model: str | Path | None = None) -> dict[str, Any]:
    """List what is owed for predictions.

    Parameters
    ----------
    file
        Rows that `mlcluster predict` wrote (.csv, .xlsx, .json or .parquet): only their models and properties count.
    model
        Directory of the model, or its name in the tracking store; the bundled ones when None.

    Returns
    -------
    dict[str, Any]
        ``{"models", "citations": [{"role", "why", "key", "text", "doi", "bibtex"}]}``.

    Raises
    ------
    InputError
        If the file holds no predictions, or those of a model that is not known here.
    ModelError
        If the model cannot be read.
    """
    wanted = None if file is None else _predicted(_rows(Path(file)), Path(file))
    known = [_open(located(model))] if model is not None else [_open(path) for path in _bundled()]
    if wanted is None:
        chosen = [(each, _channels(each)) for each in known]
    else:
        by_hash = {each.short_hash: each for each in known}
        missing = sorted(set(wanted) - set(by_hash))
        if missing:
            raise InputError(
                "predictions of a model that is not known here.",
                file=file,
                found=missing[0],
                expected=", ".join(by_hash),
                hint="Name the model that made them with --model.",
            )
        chosen = [(by_hash[name], channels) for name, channels in wanted.items()]
    owed: dict[str, Owed] = {}
    for each, channels in chosen:
        for item in [*_software(each), *_of_labels(channels), *_of_data(each, channels)]:
            owed.setdefault(item[2].key, item)
    return {
        "models": [each.short_hash for each, _ in chosen],
        "citations": [
            {
                "role": role,
                "why": why,
                "key": work.key,
                "text": work.text,
                "doi": work.doi or None,
                "bibtex": work.bibtex,
            }
            for role, why, work in owed.values()
        ],
    }


def _bundled() -> Iterator[Path]:
    for name in ("default", "formula"):
        yield bundled_model_dir(name)


def _open(directory: Path) -> Ensemble | FormulaModel:
    is_formula = (directory / FORMULA_DOCUMENT).is_file()
    return load_formula_model(directory) if is_formula else load_ensemble(directory)


def _channels(model: Ensemble | FormulaModel) -> list[str]:
    return list(model.channels)


def _software(model: Ensemble | FormulaModel) -> Iterator[Owed]:
    yield "software", "made the prediction", MLCLUSTER
    yield "software", "reads crystal structures", PYMATGEN
    if isinstance(model, FormulaModel):
        yield "method", "the formula level", GAUSSIAN_PROCESSES
        calibration: Iterable[Mapping[str, Any]] = (each.calibration.to_json() for each in model.channels.values())
    else:
        yield "method", "the network", PAINN
        yield "method", "spread of the members", ENSEMBLES
        yield "software", "runs the network", PYTORCH
        yield "software", "batches graphs", PYG
        calibration = model.metadata.calibration.values()
    if any(each.get("kind") == "conformal" for each in calibration):
        yield "method", "intervals", CONFORMAL


def _of_labels(channels: Sequence[str]) -> Iterator[Owed]:
    for key in channels:
        for work in OF_METHODS.get(Channel.parse(key).method, ()):
            yield "method", f"labels of {key}", work


def _of_data(model: Ensemble | FormulaModel, channels: Sequence[str]) -> Iterator[Owed]:
    if isinstance(model, FormulaModel):
        yield from _of_literature(channels)
        return
    training = model.metadata.training
    named = training.get("config", {}).get("data", {}).get("source", ())
    for name in training.get("sources") or ([named] if isinstance(named, str) else named):
        citation = SOURCES[name].card.citation if name in SOURCES else f"data source {name}"
        yield "data", "training data", reference_of(f"{name}: {citation}", f"data-{name}")
    fit = training.get("config", {}).get("fit", {})
    start = fit.get("start_from") or fit.get("extend")
    if start is not None:
        yield from _of_start(start)


def _of_start(name: str) -> Iterator[Owed]:
    """Data behind the weights that training began with."""
    try:
        before = load_ensemble(located(name))
    except MlclusterError:
        yield "data", "the model it started from, which is not here", reference_of(f"model {name}", "start")
        return
    for role, _, work in _of_data(before, ()):
        yield role, "training data of the model it started from", work


def _of_literature(channels: Sequence[str]) -> Iterator[Owed]:
    """Every source of a measurement that a formula model of these properties may have learned from."""
    targets = {Channel.parse(key).target for key in channels}
    sources: dict[str, set[str]] = {}
    for record in trainable(measurements()):
        if record.target in targets and record.source:
            sources.setdefault(record.source, set()).add(record.target)
    for number, (source, used) in enumerate(sorted(sources.items()), start=1):
        yield "data", f"measured {', '.join(sorted(used))}", reference_of(source, f"measurement-{number}")


def _rows(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        raise InputError("no such file.", file=path)
    try:
        if path.suffix == ".json":
            content = json.loads(path.read_text(encoding="utf-8"))
            return list(content) if isinstance(content, list) else [content]
        if path.suffix == ".csv":
            with path.open(newline="", encoding="utf-8-sig") as stream:
                return list(csv.DictReader(stream))
        if path.suffix == ".parquet":
            import pyarrow.parquet as pq

            return pq.read_table(path).to_pylist()
        if path.suffix == ".xlsx":
            return read_sheet(path)
    except (ValueError, OSError) as error:
        raise InputError("cannot read the predictions.", file=path, found=error) from None
    raise InputError(
        "not a table of predictions.", file=path, found=path.suffix, expected=".csv, .xlsx, .json or .parquet"
    )


def _predicted(rows: Sequence[Mapping[str, Any]], path: Path) -> dict[str, list[str]]:
    """Channels of each model in rows of predictions; rows that failed have none."""
    found: dict[str, dict[str, None]] = {}
    for row in rows:
        if row.get("error") or row.get("kind") == "measured":
            continue
        missing = [key for key in ("model", "target", "method") if not row.get(key)]
        if missing:
            raise InputError("this table does not hold predictions.", file=path, site=f"column {missing[0]}")
        found.setdefault(str(row["model"]), {})[f"{row['target']}:{row['method']}"] = None
    if not found:
        raise InputError("there is no prediction in this table.", file=path)
    return {model: list(channels) for model, channels in found.items()}
