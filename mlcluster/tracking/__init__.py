"""Runs kept in MLflow: an explicit store, and one record a run. Nothing here knows what a model is."""

from mlcluster.tracking.run_records import RunRecord
from mlcluster.tracking.store import RunStore, project_dir
from mlcluster.tracking.tracked_run import Run

__all__ = ["Run", "RunRecord", "RunStore", "project_dir"]
