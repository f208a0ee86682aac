"""Where prepared sources lie."""

from __future__ import annotations

import os
from pathlib import Path

from mlcluster.resources import PROJECT_FOLDER, project_dir


def data_dir() -> Path:
    """Directory of prepared sources: ``MLCLUSTER_DATA_DIR``, else ``.mlcluster/data`` of the project.

    The project is found as for training runs, by `mlcluster.resources.project_dir`.
    """
    stated = os.environ.get("MLCLUSTER_DATA_DIR")
    if stated:
        return Path(stated).expanduser().resolve()
    return project_dir() / PROJECT_FOLDER / "data"
