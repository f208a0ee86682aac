"""Where prepared sources lie."""

from __future__ import annotations

import os
from pathlib import Path


def data_dir() -> Path:
    """Directory of prepared sources: ``MLCLUSTER_DATA_DIR``, else ``.mlcluster/data`` of the project.

    The project is ``MLCLUSTER_PROJECT``, or the nearest directory from here upwards with ``.mlcluster/``, or this one:
    the same as for training runs.
    """
    stated = os.environ.get("MLCLUSTER_DATA_DIR")
    if stated:
        return Path(stated).expanduser().resolve()
    project = os.environ.get("MLCLUSTER_PROJECT")
    here = Path(project).resolve() if project else Path.cwd()
    places = (here,) if project else (here, *here.parents)
    return next((place for place in places if (place / ".mlcluster").is_dir()), here) / ".mlcluster" / "data"
