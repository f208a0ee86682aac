"""One run of an experiment in a process of its own: ``python -m mlcluster.experiment.worker JOB.json``."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlcluster.levels.run_config import TrainConfig
from mlcluster.training.evaluate import evaluate
from mlcluster.training.train import train


def main(job_file: Path) -> None:
    """Carry out a job; ends itself, as on Ctrl-C, when the process that wanted it is gone."""
    import torch

    torch.set_num_threads(1)
    job = json.loads(job_file.read_text(encoding="utf-8"))
    # A runner that itself was started in the background hands on that Ctrl-C is to be ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_watch, args=(job["parent"],), daemon=True).start()
    try:
        carry_out(job)
    finally:
        # User and system time of this process and of those it waited for.
        job_file.with_suffix(".seconds").write_text(str(sum(os.times()[:4])), encoding="utf-8")


def carry_out(job: Mapping[str, Any]) -> None:
    """Train or evaluate as a job says."""
    config, resume = TrainConfig.model_validate(job["config"]), job["resume"]
    options = {"project": job["project"], "tracking_uri": job["tracking_uri"], "tags": job["tags"]}
    if job["verb"] == "train":
        train(config, resume=resume, **options)
    else:
        evaluate(config, resume=resume, **options)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
