"""How the page's server bears up: 20 formula predictions a second, many structures in one screen, the first picture.

    python -m benchmarks.serve_load --seconds 60 --files 200 [--crystal crystal.cif]

The screen is of model clusters of the package, each slightly stretched, so that no two are alike.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from fastapi import FastAPI

from mlcluster.data import model_structures
from mlcluster.structure.cluster import Cluster
from mlcluster.web.limits import Limits
from tests.web.serving import Client, multipart, serving

FORMULAS = ("[Au25(PET)18]-", "[Au22(SG)18]0", "[Au13Ag12(PPh3)10Cl8]+", "[Au38(PET)24]0", "[Ag44(SR)30]4-")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--crystal", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["MLCLUSTER_CACHE"] = str(Path(scratch) / "cache")
        with serving(Path(scratch) / "jobs", limits=Limits()) as (client, app):
            until_warm(app)
            found = {"formula": formula_load(client, asked.seconds, asked.rate)}
            found["screen"] = screen_load(client, asked.files)
            if asked.crystal is not None:
                found["first_picture"] = first_picture(client, app, asked.crystal)
    print(json.dumps(found, indent=2))
    if found["formula"]["errors"] or found["screen"]["failed"]:
        sys.exit(1)


def until_warm(app: FastAPI) -> None:
    """Wait until every process has loaded what it needs."""
    for worker in app.state.workers:
        worker.warm.wait()


def formula_load(client: Client, seconds: float, rate: float) -> dict[str, float]:
    """Requests begun at a steady rate, whether or not earlier ones are answered."""
    times: list[float] = []
    errors: list[str] = []

    def ask(number: int) -> None:
        began = time.monotonic()
        try:
            answer = client.post("/api/formula", formula=FORMULAS[number % len(FORMULAS)])
            if answer.status != 200:
                errors.append(f"{answer.status} {answer.content[:80]!r}")
        except OSError as error:
            errors.append(str(error))
        times.append(time.monotonic() - began)

    threads = []
    began = time.monotonic()
    for number in range(int(seconds * rate)):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        threads.append(threading.Thread(target=ask, args=(number,)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    for error in sorted(set(errors)):
        print(error, file=sys.stderr)
    ordered = sorted(times)
    return {
        "requests": len(times),
        "errors": len(errors),
        "seconds": round(time.monotonic() - began, 2),
        "median_ms": round(1000 * statistics.median(ordered), 1),
        "p99_ms": round(1000 * ordered[int(0.99 * (len(ordered) - 1))], 1),
    }


def screen_load(client: Client, files: int) -> dict[str, float]:
    """One screen of many files."""
    models = list(model_structures().values())
    sent = []
    for number in range(files):
        model = models[number % len(models)]
        scaled = Cluster(
            numbers=model.numbers,
            positions=model.positions * (1.0 + 1e-4 * number),
            charge=model.charge,
            declared_ligands=model.declared_ligands,
        )
        sent.append((f"model{number:04d}.cif", scaled.to_cif().encode()))
    began = time.monotonic()
    kind, body = multipart(sent, {})
    job = client.ask("POST", "/page/screen", body, {"content-type": kind}).json["job"]
    first = None
    while client.get(f"/api/jobs/{job}").json["state"] in ("waiting", "running"):
        if first is None and client.get(f"/api/jobs/{job}/progress").json:
            first = time.monotonic() - began
        time.sleep(0.1)
    rows = client.get(f"/api/jobs/{job}/result").json["rows"]
    return {
        "files": len({row["file"] for row in rows}),
        "failed": sum(row["error"] is not None for row in rows),
        "first_rows_s": round(first or 0.0, 2),
        "seconds": round(time.monotonic() - began, 2),
    }


def first_picture(client: Client, app: FastAPI, crystal: Path) -> dict[str, float]:
    """Seconds from sending a crystal to having what its first picture needs, the best of five."""
    times = []
    for number in range(5):
        content = crystal.read_bytes() + f"\n# {number}\n".encode()
        began = time.monotonic()
        job = client.post("/page/structure", [(crystal.name, content)]).json
        while not client.get(f"/api/jobs/{job['job']}").json["stages"][0]["done"]:
            time.sleep(0.02)
        client.get(job["stages"][0]["result"])
        times.append(time.monotonic() - began)
        client.ask("DELETE", f"/api/jobs/{job['job']}")
        until_warm(app)
    return {"best_s": round(min(times), 2), "median_s": round(statistics.median(times), 2)}


if __name__ == "__main__":
    main()
