"""The model a training run leaves in the record, in the form that MLflow loads and serves."""

from __future__ import annotations

from pathlib import Path

from mlcluster.structure.cluster import Cluster
from mlcluster.tracking import Run
from mlcluster.tracking.registered_models import Column, describe_as_pyfunc
from mlcluster.training.environment import versions

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
    *(Column(name=name, required=False) for name in ("model", "basis", "error")),
)


def log_model(run: Run, model: Path, example: Cluster) -> None:
    """Log a model directory so that MLflow can load and serve it; ``MLmodel`` and what goes with it join its files.

    Parameters
    ----------
    run
        The run.
    model
        Directory written by `mlcluster.model.save_ensemble`.
    example
        A cluster the model can predict.
    """
    rows = [{"structure": example.to_cif(), "name": example.name}]
    describe_as_pyfunc(
        model,
        loader="mlcluster.prediction.pyfunc",
        inputs=MODEL_INPUTS,
        outputs=MODEL_OUTPUTS,
        example=rows,
        requirements=versions(),
        run_id=run.id,
    )
    run.log_file(model, "model")
