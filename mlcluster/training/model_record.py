"""The model a training run leaves in the record, in the form that MLflow loads and serves."""

from __future__ import annotations

from pathlib import Path

from mlcluster.structure.cluster import Cluster
from mlcluster.tracking import Run
from mlcluster.tracking.environment import requirements
from mlcluster.tracking.registered_models import Column, describe_as_pyfunc

MODEL_INPUTS = (
    Column(name="structure"),
    Column(name="name", required=False),
    # Of any type: a whole number beside a missing one reaches the model as it was sent, and is checked there.
    Column(name="charge", kind="any", required=False),
    Column(name="multiplicity", kind="any", required=False),
)
MODEL_OUTPUTS = (
    *(Column(name=name, required=False) for name in ("file", "cluster", "formula", "target", "method")),
    Column(name="value", kind="double", required=False),
    Column(name="unit", required=False),
    *(Column(name=name, kind="double", required=False) for name in ("lower", "upper", "level")),
    Column(name="applicability", required=False),
    Column(name="reasons", kind="strings", required=False),
    *(
        Column(name=name, required=False)
        for name in ("model", "basis", "kind", "quantity", "note", "not_calculated", "error")
    ),
    Column(name="informative", kind="boolean", required=False),
)


def log_model(run: Run, model: Path, example: Cluster | None) -> None:
    """Log a model directory; with an example MLflow can serve it: ``MLmodel`` and what goes with it join its files.

    Parameters
    ----------
    run
        The run.
    model
        Directory of the model.
    example
        A cluster the model can predict; None for one that is not served.
    """
    if example is not None:
        _describe(run, model, example)
    run.log_file(model, "model")


def _describe(run: Run, model: Path, example: Cluster) -> None:
    rows = [{"structure": example.to_cif(), "name": example.name}]
    describe_as_pyfunc(
        model,
        loader="mlcluster.prediction.pyfunc",
        inputs=MODEL_INPUTS,
        outputs=MODEL_OUTPUTS,
        example=rows,
        requirements=requirements(),
        switches={"formula": True},
        run_id=run.id,
    )
