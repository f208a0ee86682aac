"""A screen of the files of a request: `mlcluster.screen` into the folder of the job, what is there so far beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlcluster
from mlcluster.report.json_document import to_json
from mlcluster.runs import write_whole
from mlcluster.web.errand_options import level

if TYPE_CHECKING:
    from mlcluster.web.errand import Errand

PROGRESS = "progress.json"
PART = 8
"""Files of one part: after so many the table grows."""
_TABLES = (".csv", ".parquet")
"""What `mlcluster.screen` takes as lists of other files, which nobody may name here."""


def screened(errand: Errand) -> list[dict[str, Any]]:
    """Rows of a screen of all files; one that was ended goes on where it stood."""
    from mlcluster.prediction.screen import Progress
    from mlcluster.prediction.screening.screen_table import read_screen

    assert errand.folder is not None
    folder = errand.folder
    out = folder / "screen"
    names = [name for name in errand.files if not name.lower().removesuffix(".gz").endswith(_TABLES)]
    refused = [{"file": name, "error": f"{name}: no structure file."} for name in errand.files if name not in names]

    def rows() -> list[dict[str, Any]]:
        return [*read_screen(out).to_pylist(), *refused]

    def tell(reached: Progress) -> None:
        told = {"done": reached.inputs, "total": reached.total, "failed": reached.failed, "rows": rows()}
        write_whole(folder / PROGRESS, to_json(told), durable=False)

    if not names:
        return refused
    told = {key: errand.options[key] for key in ("charge", "multiplicity") if errand.options.get(key) is not None}
    asked = level(errand)
    mlcluster.screen(
        [Path(name) for name in names],
        out,
        processes=1,
        part_size=PART,
        max_bytes=errand.file_bytes,
        level=asked["level"] or "network",
        max_seconds=asked["max_seconds"] if asked["level"] in ("auto", "calculation") else None,
        command="mlcluster serve",
        on_progress=tell,
        **told,
    )
    return rows()
