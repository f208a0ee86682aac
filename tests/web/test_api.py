"""The API as programs meet it: the documents of the verbs, jobs, limits, and a server that outlives its worst files."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path

import psutil
import pytest

import mlcluster
from mlcluster.web.limits import Limits
from tests.web.serving import Client, serving

SILVER = b"2\na pair\nAg 0 0 0\nAg 0 0 2.8\n"
DECAY = "time (us),counts\n" + "\n".join(f"{t / 10},{int(1000 * 2 ** (-t / 20)) + 5}" for t in range(120))


def test_predict_gives_what_the_verb_gives(client: Client, crystal: bytes, shared_data: Path) -> None:
    answer = client.post("/api/predict", [("Au25.cif", crystal)], charge=-1, level="network")
    assert answer.status == 200 and answer.headers["content-type"] == "application/json"
    rows = answer.json
    assert {row["file"] for row in rows} == {"Au25.cif"}
    direct = mlcluster.predict(shared_data / "cod" / "1540567.cif", charge=-1, level="network")
    kept = ("formula", "target", "method", "value", "lower", "upper", "basis", "kind", "applicability")
    assert [[row[key] for key in kept] for row in rows] == [[row[key] for key in kept] for row in direct]


def test_inspect_takes_gz_and_json_bodies_and_several_files(client: Client) -> None:
    rows = client.post("/api/inspect", [("a.xyz.gz", gzip.compress(SILVER)), ("b.xyz", SILVER)]).json
    assert [(row["file"], row["clusters"][0]["formula"]) for row in rows] == [("a.xyz.gz", "Ag2"), ("b.xyz", "Ag2")]
    body = json.dumps({"files": [{"name": "c.xyz", "text": SILVER.decode()}], "charge": 1}).encode()
    (row,) = client.ask("POST", "/api/inspect", body, {"content-type": "application/json"}).json
    assert (row["file"], row["clusters"][0]["charge"]) == ("c.xyz", 1)


def test_formula_known_and_rates_need_no_file(client: Client) -> None:
    rows = client.get("/api/formula?formula=%5BAu22(SG)18%5D0").json
    assert rows[0]["kind"] == "measured" and rows[-1]["basis"] == "formula"
    assert client.get("/api/known?query=%5BAu22(SG)18%5D0").json["status"] == "matched"
    found = client.post("/api/rates", quantum_yield=0.476, lifetime_us=3.82).json
    assert {row["name"] for row in found["parameters"]} >= {"k_r", "k_nr"}


def test_a_fit_comes_with_its_plot_and_table(client: Client) -> None:
    result = client.post("/api/fit/decay", [("decay.csv", DECAY.encode())], components=1).json
    assert any(row["name"] == "tau" for row in result["parameters"])
    assert "<svg" in result["plot"] and result["table"].count("\n") > 100


@pytest.mark.parametrize(
    ("path", "files", "stated", "status", "said"),
    [
        ("/api/predict", 0, {}, 422, "1 to 2000"),
        ("/api/compare", 1, {}, 422, "Expected: 2"),
        ("/api/predict", 1, {"charge": "many"}, 422, "whole number"),
        ("/api/predict", 1, {"model": "/etc/passwd"}, 422, "nothing of this name"),
        ("/api/formula", 0, {"formula": "[Zz(XX)]"}, 422, "Zz"),
        ("/api/formula", 0, {}, 422, "nothing is asked"),
        ("/api/known", 0, {"query": "/etc/passwd"}, 422, "no record"),
        ("/api/runs", 0, {"what": "card", "run": "/etc"}, 422, "no id of a run"),
        ("/api/fit/decay", 1, {}, 422, "x.xyz"),
    ],
)
def test_what_cannot_be_done_is_one_message(
    client: Client, path: str, files: int, stated: dict[str, str], status: int, said: str
) -> None:
    answer = client.post(path, [("x.xyz", SILVER)] * files, **stated)
    assert answer.status == status
    assert list(answer.json) == ["error"] and said in answer.json["error"]
    assert "/tmp" not in answer.json["error"] and "\n" not in answer.json["error"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.cif", b""),
        ("nul.cif", b"data_\0\0"),
        ("words.cif", b"no crystal at all"),
        ("bomb.cif.gz", gzip.compress(b"data_x\n" + b"#" * 80_000_000, mtime=0)),
        ("cut.cif.gz", gzip.compress(SILVER, mtime=0)[:20]),
        ("numbers.xyz", b"999999999\nx\nAu 0 0 0\n"),
        ("deep.json", b"[" * 200_000),
        ("cell.cif", b"data_x\n_cell_length_a nan\nloop_\n_atom_site_label\nAu1\n"),
    ],
)
def test_a_hostile_file_is_one_message_and_the_page_lives_on(client: Client, name: str, content: bytes) -> None:
    (row,) = client.post("/api/inspect", [(name, content)]).json
    assert list(row) == ["file", "error"] and row["file"] == name
    told = client.follow("/page/structure", [(name, content)])
    assert told["state"] == "failed" and told["error"].startswith(name)
    assert client.post("/api/inspect", [("fine.xyz", SILVER)]).json[0]["clusters"]


def test_the_page_of_a_file_comes_in_two_stages_and_its_upload_goes(
    served: tuple[Client, Path], crystal: bytes
) -> None:
    client, directory = served
    told = client.follow("/page/structure", [("Au25.cif", crystal)], charge=-1)
    assert [stage["name"] for stage in told["stages"] if stage["done"]] == ["structure", "calculation"]
    first, last = (client.get(stage["result"]).json for stage in told["stages"])
    assert (
        first["title"].startswith("[Au25(PET)18]") and first["scenes"][0]["clusters"][0]["elements"].count("Au") == 25
    )
    assert 0 < first["estimate"] < 120
    assert {one["name"] for one in last["downloads"]} == {
        "Au25_cleaned.cif",
        "Au25_cleaned.xyz",
        "Au25_capped.xyz",
        "Au25_predictions.csv",
    }
    capped = next(one["text"] for one in last["downloads"] if "capped" in one["name"])
    assert capped.splitlines()[0] == "61"
    report = client.get(f"/api/jobs/{told['job']}/report.html")
    assert report.headers["content-security-policy"].startswith("sandbox ")
    assert b"Au<sub>25</sub>" in report.content
    assert not list(directory.rglob("uploads"))
    assert all(path.suffix in (".json", ".html") for path in (directory / told["job"]).iterdir())


def test_names_and_labels_are_escaped(client: Client) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    frame = (
        f'2\nProperties=species:S:1:pos:R:3:label:S:1 name="{evil}"\nAg 0 0 0 <b>1\nAg 0 0 2.8 <svg/onload=alert(3)>\n'
    )
    told = client.follow("/page/structure", [(f"{evil}.xyz", frame.encode())])
    assert told["state"] == "done", told
    html = client.get(told["stages"][1]["result"]).json["html"]
    assert "<script" not in html and "<img" not in html and "<svg" not in html and "<b>" not in html
    assert "&lt;script&gt;" in html
    report = client.get(f"/api/jobs/{told['job']}/report.html").content.decode()
    assert "<script>alert" not in report and "<img src=x" not in report and "<svg/onload" not in report
    failed = client.post("/page/formula", formula=evil)
    assert "<script" in client.ended(failed.json["job"])["error"]


def test_a_comparison_and_its_report(client: Client) -> None:
    other = SILVER.replace(b"2.8", b"2.9")
    told = client.follow("/page/comparison", [("a.xyz", SILVER), ("b.xyz", other)], charge=0)
    assert told["state"] == "done", told
    assert client.get(told["stages"][1]["result"]).json["title"].startswith("a and b: ")
    assert b"<title>a and b" in client.get(f"/api/jobs/{told['job']}/report.html").content


def test_a_screen_grows_and_keeps_what_fails(client: Client) -> None:
    files = [(f"{k}.xyz", SILVER.replace(b"2.8", b"2.%d" % (70 + k))) for k in range(10)] + [("bad.cif", b"nothing")]
    told = client.follow("/page/screen", files)
    assert told["state"] == "done"
    rows = client.get(told["stages"][0]["result"]).json["rows"]
    assert {row["file"] for row in rows} == {name for name, _ in files}
    assert [row["file"] for row in rows if row["error"]] == ["bad.cif"]
    so_far = client.get(f"/api/jobs/{told['job']}/progress").json
    assert (so_far["done"], so_far["total"], so_far["failed"]) == (11, 11, 1)


def test_a_job_waits_can_be_asked_for_and_ends_when_told(client: Client, crystal: bytes) -> None:
    jobs = [client.post("/api/inspect", [("a.cif", crystal)], wait="false").json["job"] for _ in range(3)]
    assert client.get("/api/jobs").json[0]["job"] == jobs[-1]
    assert client.ask("DELETE", f"/api/jobs/{jobs[-1]}").json["state"] in ("cancelled", "done")
    assert client.ended(jobs[0])["state"] == "done"
    assert client.get(f"/api/jobs/{jobs[0]}/result").json[0]["clusters"]
    for path in ("", "/result", "/report.html"):
        assert client.get(f"/api/jobs/nobody-knows{path}").status == 404
    assert client.get(f"/api/jobs/{jobs[0]}/result?stage=-1").status == 404
    assert client.get(f"/api/jobs/{jobs[0]}/result?stage=7").status == 404
    # Another browser has its own jobs, though it comes from the same address.
    assert Client(client.port, {"Cookie": "mlcluster_client=other"}).get("/api/jobs").json == []


@pytest.mark.slow
def test_a_process_that_was_killed_is_replaced(client: Client) -> None:
    """While it waits that costs no job; at work it costs its own."""
    children = [
        one for one in psutil.Process().children(recursive=True) if "mlcluster.runs.child" in " ".join(one.cmdline())
    ]
    assert children
    for child in children:
        child.kill()
    assert client.post("/api/inspect", [("fine.xyz", SILVER)]).json[0]["clusters"]
    job = client.post("/api/inspect", [("frames.xyz", SILVER * 5000)], wait="false").json["job"]
    until = time.monotonic() + 60
    while client.get(f"/api/jobs/{job}").json["state"] == "waiting":
        assert time.monotonic() < until
        time.sleep(0.01)
    time.sleep(0.3)
    for child in psutil.Process().children(recursive=True):
        if "mlcluster.runs.child" in " ".join(child.cmdline()):
            child.kill()
    told = client.ended(job)
    assert told["state"] == "failed" and "ended its process" in told["error"]
    assert client.post("/api/inspect", [("fine.xyz", SILVER)]).json[0]["clusters"]


def test_a_screen_that_lost_its_process_goes_on_where_it_stood(client: Client) -> None:
    files = [(f"{k}.xyz", SILVER.replace(b"2.8", b"2.%03d" % (700 + k))) for k in range(60)]
    job = client.post("/page/screen", files).json["job"]
    until = time.monotonic() + 120
    while not client.get(f"/api/jobs/{job}/progress").json.get("done"):
        assert time.monotonic() < until
        time.sleep(0.01)
    for child in psutil.Process().children(recursive=True):
        if "mlcluster.runs.child" in " ".join(child.cmdline()):
            child.kill()
    told = client.ended(job)
    assert told["state"] == "done", told["error"]
    rows = client.get(told["stages"][0]["result"]).json["rows"]
    assert {row["file"] for row in rows} == {name for name, _ in files} and not any(row["error"] for row in rows)


def test_too_much_is_refused(tmp_path: Path) -> None:
    limits = Limits(jobs=0, waiting=2, waiting_each=2, upload_bytes=10_000, files=2)
    with serving(tmp_path, limits=limits, works=False) as (client, _):
        assert client.post("/page/structure", [("a.xyz", b"x" * 20_000)]).status == 413
        chunked = {"transfer-encoding": "chunked", "content-type": "application/json"}
        body = b"".join(b"1000\r\n" + b"x" * 0x1000 + b"\r\n" for _ in range(5)) + b"0\r\n\r\n"
        assert client.ask("POST", "/page/structure", body, chunked).status == 413
        assert client.post("/page/screen", [("a.xyz", SILVER)] * 3).status == 422
        assert [client.post("/page/formula", formula="x").status for _ in range(3)] == [202, 202, 429]
        refused = client.post("/page/formula", formula="x")
        assert refused.headers["retry-after"] and "2 jobs waiting" in refused.json["error"]


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with serving(tmp_path, works=False) as (client, _):
        monkeypatch.setattr("mlcluster.web.verb_routes.store", full)
        answer = client.post("/page/structure", [("a.xyz", SILVER)])
        assert (answer.status, answer.json) == (507, {"error": "the server cannot keep this: No space left on device."})
        assert [path for path in tmp_path.iterdir() if path.is_dir()] == []


@pytest.mark.slow
def test_work_that_takes_too_long_is_ended_and_the_next_is_done(tmp_path: Path) -> None:
    with serving(tmp_path, limits=Limits(jobs=0, short_seconds=1.5)) as (client, _):
        answer = client.post("/api/inspect", [("frames.xyz", SILVER * 5000)])
        assert answer.status == 422 and "more than 1.5 s" in answer.json["error"]
        assert client.get("/api/formula?formula=%5BAu25(PET)18%5D-").status == 200
        assert [path for path in tmp_path.iterdir() if path.is_dir()] == []
