"""``make`` makes, reuses and repairs .venv. The interpreter is a stand-in that records what it is asked to install."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
Make = Callable[..., subprocess.CompletedProcess[str]]

# Answers "-c", "-m venv" and "-m pip" as python would. The log says what was asked; the files no-pip, no-ensurepip (of
# all or of one name), too-old and broken-install, made by a test, say what is wrong with it.
PYTHON = """#!/bin/sh
state={state}
case "$*" in
    *"import pip"*) [ ! -e "$state/no-pip" ] ;;
    *"import ensurepip"*) [ ! -e "$state/no-ensurepip" ] && [ ! -e "$state/no-ensurepip-${{0##*/}}" ] ;;
    *version_info*) echo 3.11; [ ! -e "$state/too-old" ] ;;
    "-m venv "*) echo venv >>"$state/log"; rm -f "$state/no-pip"; mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
    "-m pip install "*)
        echo "install $*" >>"$state/log"
        [ ! -e "$state/broken-install" ] || exit 1
        printf '#!/bin/sh\\necho mlcluster "$@"\\n' >"$(dirname "$0")/mlcluster"
        chmod +x "$(dirname "$0")/mlcluster" ;;
    "-m pytest "*) echo "pytest $*"; echo "threads $OMP_NUM_THREADS" ;;
    *) echo "not expected: $*" >&2; exit 9 ;;
esac
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "a checkout"
    (root / ".ci").mkdir(parents=True)
    for file in ("Makefile", "pyproject.toml", "constraints.txt", ".ci/make-venv"):
        shutil.copy(CHECKOUT / file, root / file)
    return root


@pytest.fixture
def make(project: Path, tmp_path: Path) -> Make:
    state = tmp_path / "state"
    (state / "bin").mkdir(parents=True)
    for name in ("python3.11", "python3.12", "python3.13", "python3", "python"):
        (state / "bin" / name).write_text(PYTHON.format(state=state))
        (state / "bin" / name).chmod(0o755)
    environment = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL", "PYTHON")}
    environment["PATH"] = f"{state / 'bin'}:{environment['PATH']}"

    def run(target: str, *wrong: str, cwd: Path = project) -> subprocess.CompletedProcess[str]:
        (state / "log").write_text("")
        for name in wrong:
            (state / name).touch()
        done = subprocess.run(["make", target], cwd=cwd, env=environment, capture_output=True, text=True)
        done.log = [line.split()[0] for line in (state / "log").read_text().splitlines()]  # type: ignore[attr-defined]
        for name in wrong:
            (state / name).unlink(missing_ok=True)
        return done

    return run


def test_first_run_installs_and_the_second_reuses(make: Make) -> None:
    first, second = make("demo"), make("demo")
    assert first.log == ["venv", "install"]
    assert second.log == []
    for done in (first, second):
        assert done.returncode == 0
        assert "mlcluster demo --out demo-output" in done.stdout.splitlines()


def test_the_tests_run_with_one_thread_a_process(make: Make) -> None:
    done = make("test")
    assert "pytest -m pytest -n 2" in done.stdout
    assert "threads 1" in done.stdout


def test_an_interrupted_installation_is_made_anew(make: Make, project: Path) -> None:
    broken = make("test", "broken-install")
    assert broken.returncode != 0
    assert "pytest -m" not in broken.stdout
    (project / ".venv" / "leftover").touch()
    assert make("test").log == ["venv", "install"]
    assert not (project / ".venv" / "leftover").exists()


@pytest.mark.parametrize("lost", ["bin/python", "bin", ".complete"])
def test_a_lost_part_is_repaired(lost: str, make: Make, project: Path) -> None:
    make("venv")
    path = project / ".venv" / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    done = make("demo")
    assert done.log == ["venv", "install"]
    assert done.returncode == 0


def test_a_lost_pip_is_repaired(make: Make) -> None:
    make("venv")
    assert make("demo", "no-pip").log == ["venv", "install"]


def test_a_lost_command_is_installed_again(make: Make, project: Path) -> None:
    make("venv")
    (project / ".venv/bin/mlcluster").unlink()
    assert make("demo").log == ["install"]


@pytest.mark.parametrize("file", ["pyproject.toml", "constraints.txt"])
def test_changed_requirements_are_installed_into_what_is_there(file: str, make: Make, project: Path) -> None:
    make("venv")
    with (project / file).open("a") as stream:
        stream.write("# changed\n")
    assert make("venv").log == ["install"]
    assert make("venv").log == []


def test_a_moved_checkout_gets_its_own(make: Make, project: Path, tmp_path: Path) -> None:
    make("venv")
    moved = project.rename(tmp_path / "moved")
    assert make("venv", cwd=moved).log == ["venv", "install"]


@pytest.mark.parametrize(
    ("wrong", "advice"), [("no-ensurepip", "apt install python3.11-venv"), ("too-old", "No Python 3.11 or newer")]
)
def test_an_unfit_interpreter_is_explained(wrong: str, advice: str, make: Make, project: Path) -> None:
    done = make("demo", wrong)
    assert done.returncode != 0
    assert advice in done.stderr
    assert not (project / ".venv").exists()


def test_another_interpreter_is_taken_where_the_first_cannot_make_environments(make: Make) -> None:
    done = make("demo", "no-ensurepip-python3.11")
    assert done.returncode == 0
    assert "/python3.12." in done.stderr


def test_help_lists_every_target(make: Make) -> None:
    done = make("help")
    assert done.log == []
    for target in ("demo", "test", "lint", "types", "clean", "venv"):
        assert f"make {target} " in done.stdout
