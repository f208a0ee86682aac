"""Bodies and what they state: bytes come through unchanged, names are no paths, numbers are held to their ranges."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcluster.errors import InputError
from mlcluster.web.fields import Field, read_fields
from mlcluster.web.uploads import body_of, safe_names, store
from tests.web.serving import multipart

NAMES = st.text(min_size=1, max_size=80)


@given(files=st.lists(st.tuples(st.text("abc.ü ", min_size=1), st.binary(max_size=300)), max_size=4), text=st.text())
def test_what_a_form_carries_comes_through_byte_by_byte(files: list[tuple[str, bytes]], text: str) -> None:
    kind, content = multipart(files, {"one": text})
    body = body_of(kind, content)
    assert [content for _, content in body.files] == [content for _, content in files]
    assert [name for name, _ in body.files] == [name for name, _ in files]
    assert body.texts == {"one": [text]}


def test_a_body_of_json() -> None:
    told = {
        "files": [{"name": "a.cif", "text": "data_ü"}],
        "charge": -1,
        "strict": True,
        "run": ["ab", "cd"],
        "x": None,
    }
    body = body_of("application/json; charset=utf-8", json.dumps(told).encode())
    assert body.files == [("a.cif", "data_ü".encode())]
    assert body.texts == {"charge": ["-1"], "strict": ["true"], "run": ["ab", "cd"]}


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("application/json", b"[1]"),
        ("application/json", b"{"),
        ("application/json", b'{"files": [{"path": "/etc/passwd"}]}'),
        ("application/json", b'{"files": "x"}'),
        ("application/json", b'{"charge": {"a": 1}}'),
        ("application/json", b"[" * 100_000),
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\ncut"),
        ("text/xml", b"<a/>"),
    ],
)
def test_a_broken_body_is_one_message(kind: str, content: bytes) -> None:
    with pytest.raises(InputError):
        body_of(kind, content)


@given(st.lists(NAMES, max_size=8))
def test_names_stay_in_their_folder_and_apart(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    folder = tmp_path_factory.mktemp("uploads")
    found = store([(name, str(number).encode()) for number, name in enumerate(names)], folder)
    assert len(set(found)) == len(names)
    assert sorted(path.name for path in folder.iterdir()) == sorted(found)
    assert [(folder / name).read_text() for name in found] == [str(number) for number in range(len(names))]


def test_names_keep_what_tells_the_format() -> None:
    assert safe_names(["a/POSCAR", "x.CIF.gz", "../../etc/passwd", "..", "b" * 300 + ".xyz.gz"])[:4] == [
        "a_POSCAR",
        "x.CIF.gz",
        "etc_passwd",
        "file",
    ]
    assert safe_names(["b" * 300 + ".xyz.gz"])[0].endswith("b.xyz.gz")


FIELDS = (
    Field("charge", "", "whole", low=-5, high=5),
    Field("mz", "", "number", low=0, many=True),
    Field("level", "", choices=("auto", "network")),
    Field("strict", "", "flag"),
    Field("window", "", "span"),
    Field("declare", "", "pairs", many=True),
    Field("run", "", "run", many=True),
)


def test_what_is_stated_is_read() -> None:
    given = {"charge": ["-5"], "mz": ["1.5", "2"], "level": ["auto"], "strict": ["No"], "window": ["1.8:2"]}
    given |= {"declare": ["S:thiolate"], "run": ["0123abcd"]}
    assert read_fields(FIELDS, given) == {
        "charge": -5,
        "mz": [1.5, 2.0],
        "level": "auto",
        "strict": False,
        "window": (1.8, 2.0),
        "declare": {"S": "thiolate"},
        "run": ["0123abcd"],
    }
    assert read_fields(FIELDS, {"charge": [" "]}) == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("charge", "6"),
        ("charge", "1.5"),
        ("charge", "nan"),
        ("mz", "-1"),
        ("mz", "nan"),
        ("mz", "inf"),
        ("level", "best"),
        ("strict", "maybe"),
        ("window", "1.8"),
        ("run", "/etc/passwd"),
        ("run", "models:/a@b"),
        ("model", "/tmp/model"),
        ("level", "x" * 3000),
    ],
)
def test_what_cannot_be_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(InputError):
        read_fields(FIELDS, {name: [text]})


def test_a_single_value_is_stated_once() -> None:
    with pytest.raises(InputError, match="more than once"):
        read_fields(FIELDS, {"charge": ["1", "2"]})


def test_a_stored_file_is_private_to_its_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    store([("../out.cif", b"x")], tmp_path / "in")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
