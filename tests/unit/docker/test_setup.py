"""`make setup` keeps an environment that is complete, whichever Python made it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FILES = ("Makefile", "docker/environment.sh")

PYTHON = """#!/bin/sh
echo "{version} $*" >> "{log}"
case "$*" in
    "-V") echo "Python {version}" ;;
    "-c import sys;"*) exit {too_old} ;;
    "-m venv "*) mkdir -p "$3/bin"; cp "$0" "$3/bin/new"; mv "$3/bin/new" "$3/bin/python" ;;
    "-m pip "*" config list") cat "{settings}" ;;
    *" install "*)
        case "$*" in *" /dev/stdin") cat > /dev/null ;; esac
        [ ! -e "{settings}.fails" ] && [ ! -e "{settings}.$2-fails" ]
        ;;
esac
"""
"""A Python that notes what it is asked to do, and that can make an environment of itself."""


LOCKS = ("requirements.lock", "requirements-tables.lock", "requirements-dev.lock")


class Checkout:
    """A checkout with a `python3` of version 3.11.2 on its path; everything else on it is the machine's."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.log, self.settings = root / "log", root / "pip.settings"
        (root / "docker").mkdir()
        for name in FILES:
            shutil.copy(ROOT / name, root / name)
        for name in (*LOCKS, "pyproject.toml", self.settings.name):
            (root / name).write_text("")
        self.python("path/python3", "3.11.2")

    def python(self, name: str, version: str, *, too_old: bool = False) -> str:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(
            PYTHON.format(version=version, log=self.log, too_old=int(too_old), settings=self.settings)
        )
        file.chmod(0o755)
        return str(file)

    def setup(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Run `make setup`; give its exit code, and the version of the Python that installed, if one did."""
        return self.make("setup", *arguments, **environment)

    def make(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """The same for any target."""
        self.log.unlink(missing_ok=True)
        # A `make test PYTHON=…` around this would hand its choice down.
        ours = ("PYTHON", "MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL")
        inherited = {name: value for name, value in os.environ.items() if name not in ours}
        path = f"{self.root / 'path'}:{os.environ['PATH']}"
        done = subprocess.run(
            ["make", *arguments],
            cwd=self.root,
            env={**inherited, "PATH": path, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        installing = {line.split()[0] for line in self.asked(" install ")}
        return done.returncode, " ".join(installing)

    def asked(self, words: str) -> list[str]:
        """What the last run asked of a Python, where it had these words."""
        return [line for line in self.log.read_text().splitlines() if words in line]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_an_environment_is_made_once(checkout: Checkout) -> None:
    assert [checkout.setup(), checkout.setup()] == [(0, "3.11.2"), (0, "")]


def test_an_environment_of_a_chosen_python_is_kept_by_who_chooses_none(checkout: Checkout) -> None:
    chosen = f"PYTHON={checkout.python('elsewhere/python', '3.13.1')}"
    assert [checkout.setup(chosen), checkout.setup(), checkout.setup(chosen)] == [
        (0, "3.13.1"),
        (0, ""),
        (0, ""),
    ]


def test_an_environment_is_kept_where_the_python_of_the_path_is_too_old(checkout: Checkout) -> None:
    chosen = checkout.python("elsewhere/python", "3.13.1")
    checkout.python("path/python3", "3.9.2", too_old=True)
    assert checkout.setup() == (2, "")
    assert [checkout.setup(f"PYTHON={chosen}"), checkout.setup()] == [(0, "3.13.1"), (0, "")]


def test_each_python_keeps_its_environment_while_another_is_in_use(checkout: Checkout) -> None:
    other, same = checkout.python("a/python", "3.13.1"), checkout.python("b/python", "3.11.2")
    checkout.setup()
    assert checkout.setup(f"PYTHON={same}") == (0, "")
    assert checkout.setup(f"PYTHON={other}") == (0, "3.13.1")
    assert checkout.setup(PYTHON=same) == (0, "")
    assert checkout.asked("docker setup") == ["3.11.2 docker setup"]
    assert checkout.setup(f"PYTHON={other}") == (0, "")
    assert checkout.asked("docker setup") == ["3.13.1 docker setup"]


def test_a_newer_patch_of_a_python_makes_its_environment_anew(checkout: Checkout) -> None:
    checkout.setup()
    assert checkout.setup(f"PYTHON={checkout.python('a/python', '3.11.9')}") == (0, "3.11.9")


def test_the_environment_in_use_stays_where_another_cannot_be_completed(checkout: Checkout) -> None:
    checkout.setup()
    checkout.settings.with_name("pip.settings.fails").touch()
    assert checkout.setup(f"PYTHON={checkout.python('a/python', '3.13.1')}")[0] == 2
    assert checkout.setup() == (0, "")
    checkout.settings.with_name("pip.settings.fails").unlink()
    assert checkout.setup(f"PYTHON={checkout.root / 'a/python'}") == (0, "3.13.1")


def test_an_environment_that_is_a_folder_becomes_that_of_its_python(checkout: Checkout) -> None:
    folder = checkout.root / ".venv"
    checkout.setup()
    (checkout.root / ".venv-3.11").rename(checkout.root / "was")
    folder.unlink()
    (checkout.root / "was").rename(folder)
    assert checkout.setup() == (0, "")
    assert folder.readlink() == Path(".venv-3.11")


def test_what_tests_need_is_installed_for_them_alone(checkout: Checkout) -> None:
    checkout.setup()
    assert not checkout.asked("-r requirements-dev.lock")
    assert not checkout.asked("-r requirements-tables.lock")
    assert checkout.make("develop") == (0, "3.11.2")
    assert [checkout.make("develop"), checkout.setup()] == [(0, ""), (0, "")]


def test_pip_installs_where_uv_fails(checkout: Checkout) -> None:
    checkout.settings.with_name("pip.settings.uv-fails").touch()
    assert checkout.setup() == (0, "3.11.2")
    assert checkout.asked(" install --require-hashes -r requirements.lock")


@pytest.mark.parametrize("setting", ["global.index-url", ":env:.extra-index-url", "install.proxy"])
def test_pip_installs_where_it_has_an_index_of_its_own_and_uv_has_none(
    checkout: Checkout, setting: str
) -> None:
    checkout.settings.write_text(f"global.timeout='9'\n{setting}='https://index.example'\n")
    assert checkout.setup(UV_DEFAULT_INDEX="") == (0, "3.11.2")
    assert not checkout.asked("-m uv")
    (checkout.root / "requirements.lock").write_text("changed")
    assert checkout.setup(UV_DEFAULT_INDEX="https://index.example") == (0, "3.11.2")
    assert checkout.asked("-m uv")


def test_new_packages_are_installed_by_the_python_that_made_the_environment(checkout: Checkout) -> None:
    checkout.setup(f"PYTHON={checkout.python('elsewhere/python', '3.13.1')}")
    for file in ("requirements.lock", "pyproject.toml"):
        (checkout.root / file).write_text("changed")
        assert [checkout.setup(), checkout.setup()] == [(0, "3.13.1"), (0, "")]


def test_an_environment_whose_python_is_gone_is_made_anew(checkout: Checkout) -> None:
    checkout.setup(f"PYTHON={checkout.python('elsewhere/python', '3.13.1')}")
    python = checkout.root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(checkout.root / "gone")
    assert checkout.setup() == (0, "3.11.2")
