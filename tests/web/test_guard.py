"""Who is let in, and what a browser is told: no other name, no other site, no token, no script from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlcluster.errors import ConfigError
from mlcluster.web.guard import allowed_hosts, is_loopback
from mlcluster.web.serve import address_of, check_address
from tests.web.serving import Client, serving

TOKEN = "a-token-of-24-characters"


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with serving(tmp_path_factory.mktemp("idle"), works=False) as (client, _):
        yield client


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with serving(tmp_path_factory.mktemp("locked"), token=TOKEN, works=False) as (client, _):
        yield client


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{port}", ""])
def test_a_foreign_host_is_refused(idle: Client, host: str) -> None:
    answer = idle.get("/", {"Host": host.format(port=idle.port)})
    assert answer.status in (400, 421)
    assert b"<html" not in answer.content


@pytest.mark.parametrize("host", ["localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}", "127.0.0.1:{port}"])
def test_names_of_the_loopback_are_fine(idle: Client, host: str) -> None:
    assert idle.get("/", {"Host": host.format(port=idle.port)}).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/page/formula"), ("GET", "/api/jobs"), ("DELETE", "/api/jobs/x")]
)
def test_other_sites_are_refused(idle: Client, headers: dict[str, str], method: str, path: str) -> None:
    told = {name: value.format(port=idle.port) for name, value in headers.items()}
    assert idle.ask(method, path, headers=told).status == 403


def test_the_page_itself_may_ask_and_may_be_linked_to(idle: Client) -> None:
    own = {"Origin": f"http://127.0.0.1:{idle.port}", "Sec-Fetch-Site": "same-origin"}
    assert idle.get("/api/jobs", own).status == 200
    assert idle.get("/", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}).status == 200


@pytest.mark.parametrize(
    "path", ["/", "/api", "/api/jobs", "/api/openapi.json", "/assets/app.js", "/nothing", "/api/jobs/x"]
)
def test_every_answer_is_strict(idle: Client, path: str) -> None:
    answer = idle.get(path)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'" and policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["connect-src"] == "'self'" and policy["frame-ancestors"] == "'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "server" not in answer.headers and "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/api"])
def test_pages_have_no_script_and_no_style_of_their_own_and_nothing_from_elsewhere(idle: Client, path: str) -> None:
    page = idle.get(path).content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\son\w+=", page)
    loaded = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert loaded and all(link.startswith(("/", "#", "data:,")) and not link.startswith("//") for link in loaded)
    for link in loaded:
        if link.startswith("/assets/"):
            assert idle.get(link).status == 200


@pytest.mark.parametrize("name", ["..%2f..%2fpyproject.toml", "app.js%00", "../app.py", "comparison.js"])
def test_assets_are_those_of_the_page(idle: Client, name: str) -> None:
    assert idle.get(f"/assets/{name}").status == 404


def test_the_token_is_asked_for_and_comes_as_header_cookie_or_once_in_the_address(locked: Client) -> None:
    assert locked.get("/").status == 401
    assert locked.get("/api/jobs").status == 401
    assert locked.get("/?token=wrong").status == 401
    assert locked.get("/api/jobs", {"Authorization": f"Bearer {TOKEN}"}).status == 200
    assert locked.get("/api/jobs", {"Authorization": f"Bearer {TOKEN}x"}).status == 401
    assert locked.get(f"/api/jobs?token={TOKEN}").status == 401
    entered = locked.get(f"/?token={TOKEN}")
    assert (entered.status, entered.headers["location"]) == (303, "/")
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    assert locked.get("/", {"Cookie": cookie.split(";")[0]}).status == 200


def test_an_address_of_others_needs_a_token_that_cannot_be_guessed() -> None:
    for host in ("0.0.0.0", "192.168.1.5", "::", "lab.example.org"):
        with pytest.raises(ConfigError, match="--token"):
            check_address(host, None)
        check_address(host, TOKEN)
    check_address("127.0.0.1", None)
    check_address("::1", None)
    for token in ("short", "fifteen-letters", "sixteen letters!", "ümlaut-in-a-token"):
        with pytest.raises(ConfigError, match="no safe token"):
            check_address("127.0.0.1", token)


def test_hosts_of_an_address() -> None:
    assert {"127.0.0.1:80", "127.0.0.1", "[::1]:80"} <= allowed_hosts("127.0.0.1", 80)
    assert allowed_hosts("lab.example.org", 9) == {"lab.example.org:9"}
    assert "localhost:9" in allowed_hosts("0.0.0.0", 9) and "evil.example:9" not in allowed_hosts("0.0.0.0", 9)
    assert is_loopback("127.3.2.1") and not is_loopback("128.0.0.1")
    assert address_of("::1", 9, None) == "http://[::1]:9/"


def test_the_description_of_the_api_names_every_verb(idle: Client, tmp_path: Path) -> None:
    paths = idle.get("/api/openapi.json").json["paths"]
    verbs = {"inspect", "predict", "compare", "screen", "known", "formula", "fit/decay", "esi", "rates", "runs"}
    assert {f"/api/{verb}" for verb in verbs} <= set(paths)
    stated = paths["/api/predict"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    assert stated["charge"]["type"] == "integer" and stated["level"]["enum"][0] == "auto"
    page = idle.get("/api").content.decode()
    assert all(f"POST /api/{verb}" in page for verb in verbs)
