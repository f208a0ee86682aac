"""How long it takes to list and to compare runs of a sqlite record with ten thousand of them.

Usage: ``python -m benchmarks.tracking_speed [--runs 10000] [--repeats 5] [--client 1000] [--write]`` in the checkout.
The runs are written straight into MLflow's tables, each with as many parameters, tags and metrics as a run of
``mlcluster train``. Times are medians of processor time, so a busy machine matters less. The floor is the bare reading
of the same rows by the standard library's sqlite3, with nothing made of them, timed in the same run; ``--client`` times
MLflow's own search beside it, on fewer runs as it is slow. ``--write`` puts the table into TRACKING_SPEED.md.
"""

from __future__ import annotations

import argparse
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median

from mlcluster.experiment.runs_compare import compare_runs
from mlcluster.experiment.runs_listed import list_runs
from mlcluster.tracking import RunStore
from mlcluster.tracking.run_records import PAGE

PARAMETERS, METRICS, FAMILIES, TAGS, EPOCHS = 45, 40, 13, 11, 40
TABLE = Path(__file__).with_name("TRACKING_SPEED.md")
_FLOOR = (
    "SELECT run_uuid, name, status, start_time, end_time FROM runs",
    "SELECT run_uuid, key, value FROM tags",
    "SELECT run_uuid, key, value FROM params",
    "SELECT run_uuid, key, value FROM latest_metrics",
)
_LIST_FLOOR = (*_FLOOR[:2], f"{_FLOOR[3]} WHERE key GLOB '*/network/mae'")


def fill(store: RunStore, count: int) -> list[str]:
    """Write `count` runs into the tables and return their ids."""
    made = store.start("benchmark", "template")
    made.finish()
    database_file = store.directory / "mlflow.db"
    chance = random.Random(0)
    ids = [f"{chance.getrandbits(128):032x}" for _ in range(count)]
    environments = [f"{k:064x}" for k in range(3)]
    with closing(sqlite3.connect(database_file)) as database:
        (experiment, artifacts) = database.execute(
            "SELECT experiment_id, artifact_uri FROM runs WHERE run_uuid = ?", (made.id,)
        ).fetchone()
        now = int(time.time() * 1000)
        database.executemany(
            "INSERT INTO runs (run_uuid, name, source_type, user_id, status, start_time, end_time, lifecycle_stage, "
            "artifact_uri, experiment_id) VALUES (?, ?, 'UNKNOWN', 'b', 'FINISHED', ?, ?, 'active', ?, ?)",
            [(r, f"run {k}", now + k, now + k + 60_000, artifacts, experiment) for k, r in enumerate(ids)],
        )
        tags = {"mlcluster.kind": "train", "mlcluster.git.commit": "c" * 40, "mlcluster.git.changed": "no"}
        tags |= {f"mlcluster.{name}_hash": "d" * 64 for name in ("data", "entries", "split", "model")}
        tags |= {f"mlflow.tag {k}": "v" * 20 for k in range(TAGS - len(tags) - 1)}
        database.executemany(
            "INSERT INTO tags (run_uuid, key, value) VALUES (?, ?, ?)",
            [(run, *row) for run in ids for row in tags.items()]
            + [(run, "mlcluster.environment_hash", chance.choice(environments)) for run in ids],
        )
        parameters = [f"section.key_{k}" for k in range(PARAMETERS)]
        database.executemany(
            "INSERT INTO params (run_uuid, key, value) VALUES (?, ?, ?)",
            [(r, key, str(chance.randrange(5) if k < 3 else 1)) for r in ids for k, key in enumerate(parameters)],
        )
        keys = [f"test/gap:gfn1-xtb/{arm}/{score}" for arm in ("network", "mean") for score in ("mae", "rmse", "r2")]
        keys += [f"test/gap:gfn1-xtb/network/family {k}/mae" for k in range(FAMILIES)]
        keys += [f"score {k}" for k in range(METRICS - len(keys))]
        latest = [(run, key, chance.random(), now, 0, 0) for run in ids for key in keys]
        columns = "(run_uuid, key, value, timestamp, step, is_nan)"
        database.executemany(f"INSERT INTO latest_metrics {columns} VALUES (?, ?, ?, ?, ?, ?)", latest)
        database.executemany(f"INSERT INTO metrics {columns} VALUES (?, ?, ?, ?, ?, ?)", latest)
        course = ((run, "loss", 1.0 / (step + 1), now, step, 0) for run in ids for step in range(EPOCHS))
        database.executemany(f"INSERT INTO metrics {columns} VALUES (?, ?, ?, ?, ?, ?)", course)
        database.commit()
    return ids


def read_rows(file: Path, queries: tuple[str, ...]) -> int:
    """Rows of some queries, fetched and thrown away."""
    with closing(sqlite3.connect(file)) as database:
        return sum(len(database.execute(query).fetchall()) for query in queries)


def seconds(call: Callable[[], object], repeats: int) -> float:
    """Median processor time of this process and its children."""
    times = []
    for _ in range(repeats):
        before = _processor_time()
        call()
        times.append(_processor_time() - before)
    return median(times)


def _processor_time() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def command(*arguments: str) -> None:
    """A whole process, as a user starts it."""
    subprocess.run([sys.executable, "-m", "mlcluster", *arguments], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Fill a record, time, print and maybe write the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=10_000)
    options.add_argument("--repeats", type=int, default=5)
    options.add_argument("--client", type=int, default=PAGE)
    options.add_argument("--write", action="store_true")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        store = RunStore(directory)
        ids = fill(store, chosen.runs)
        file = store.directory / "mlflow.db"
        where = ("--project", directory)
        cases: list[tuple[str, Callable[[], object], tuple[str, ...] | None]] = [
            (f"list all {chosen.runs:,} runs", lambda: list_runs(store), _LIST_FLOOR),
            ("compare two of them", lambda: compare_runs(store, ids[:2]), None),
            (f"compare all {chosen.runs:,}", lambda: compare_runs(store, ids), _FLOOR),
            ("the command `mlcluster runs list`", lambda: command("runs", "list", *where), None),
            ("the command `mlcluster runs compare A B`", lambda: command("runs", "compare", *ids[:2], *where), None),
        ]
        lines = ["| what | CPU seconds | floor | ratio |", "|---|---|---|---|"]
        for name, call, queries in cases:
            taken = seconds(call, chosen.repeats)
            floor = None if queries is None else seconds(lambda q=queries: read_rows(file, q), chosen.repeats)
            shown = "- | -" if floor is None else f"{floor:.2f} | {taken / floor:.1f}"
            lines.append(f"| {name} | {taken:.2f} | {shown} |")
        experiment = store.client.get_experiment_by_name("benchmark").experiment_id
        client = seconds(lambda: store.client.search_runs([experiment], max_results=chosen.client), 1)
        lines.append(f"| MLflow's own search, {chosen.client:,} runs | {client:.2f} | - | - |")
        size = file.stat().st_size / 1e6
    facts = f"{chosen.runs:,} runs with {PARAMETERS} parameters, {TAGS} tags and {METRICS} metrics each; {size:.0f} MB."
    text = "\n".join([facts, "", *lines])
    print(text)
    if chosen.write:
        head = TABLE.read_text(encoding="utf-8").partition("<!-- table -->")[0]
        TABLE.write_text(f"{head}<!-- table -->\n{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
