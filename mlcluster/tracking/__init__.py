"""Runs kept in MLflow: an explicit store, and one record a run. Nothing here knows what a model is."""

from mlcluster.tracking.records import RunRecord
from mlcluster.tracking.run import Run
from mlcluster.tracking.store import RunStore, project_dir

__all__ = ["Run", "RunRecord", "RunStore", "project_dir"]
