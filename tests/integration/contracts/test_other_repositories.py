"""What other repositories take of this one: the hooks, run by `pre-commit`, and the action, step by step."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT
from tests.unit.contracts.checkouts import checkout, commit, edit, git, lock, named, next_version

pytestmark = pytest.mark.timeout(900)
LIMIT = 600.0
"""Seconds that an installation may take, which downloads the few packages of the tool."""
TOOL = ("contracts", "producer", "streaming", "quality")
SNOW = {"name": "snow_depth", "type": ["null", "double"], "doc": "Depth.", "unit": "cm", "default": None}


def outside(**more: str) -> dict[str, str]:
    """The environment of someone who has nothing of this repository."""
    ours = {"PYTHONPATH", "CONTRACTS_DIR", "VIRTUAL_ENV"}
    return {**{name: value for name, value in os.environ.items() if name not in ours}, **more}


def run(*command: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, timeout=LIMIT, check=False
    )


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository as others get it: with one commit, of what is in the folder now."""
    top = tmp_path_factory.mktemp("tool")
    for name in TOOL:
        shutil.copytree(ROOT / name, top / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml", "action.yaml"):
        shutil.copy(ROOT / name, top)
    git(top, "init", "--quiet", "--initial-branch", "main")
    commit(top)
    return top


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository of somebody else, with a contract."""
    return checkout(tmp_path / "theirs", "topic-weather")


@pytest.fixture(scope="module")
def hooks(tool: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which pre-commit keeps what it installs."""
    return outside(PRE_COMMIT_HOME=str(tmp_path_factory.mktemp("pre-commit")))


def configure(top: Path, tool: Path, *hooks: dict[str, str]) -> None:
    told = {"repos": [{"repo": str(tool), "rev": git(tool, "rev-parse", "HEAD"), "hooks": list(hooks)}]}
    (top / ".pre-commit-config.yaml").write_text(yaml.safe_dump(told), encoding="utf-8")
    commit(top)


def pre_commit(*arguments: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-m", "pre_commit", *arguments, cwd=cwd, env=env)


def test_the_hooks_let_a_sound_change_pass_and_refuse_one_that_breaks_a_reader(
    folder: Path, tool: Path, hooks: dict[str, str]
) -> None:
    top = folder.parent
    configure(top, tool, {"id": "contracts-lint"}, {"id": "contracts-check"}, {"id": "contracts-review"})
    done = pre_commit("run", "--all-files", "--verbose", cwd=top, env=hooks)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Passed") == 2
    assert pre_commit("install", cwd=top, env=hooks).returncode == 0

    # A commit by git itself, which tells its hooks of a checkout and of an index.
    (top / "notes.md").write_text("Notes.", encoding="utf-8")
    git(top, "add", "--all")
    other = run("git", *WHO, "commit", "--message", "Notes.", cwd=top, env=hooks)
    assert other.returncode == 0, other.stderr
    assert (other.stdout + other.stderr).count("Skipped") == 2

    next_version(folder / "topic-weather", lambda rows: rows.remove(named(rows, "humidity")))
    git(top, "add", "--all")
    refused = run("git", *WHO, "commit", "--message", "No humidity.", cwd=top, env=hooks)
    said = refused.stdout + refused.stderr
    assert refused.returncode == 1
    assert "consumer-field-removed" in said
    assert said.count("Failed") == 2

    page = pre_commit("run", "--hook-stage", "manual", "contracts-review", "--all-files", cwd=top, env=hooks)
    assert page.returncode == 1
    assert "**Not compatible** by `consumer-field-removed`" in page.stdout


WHO = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")


def test_a_hook_says_where_the_folder_is_not_and_takes_another_one(
    folder: Path, tool: Path, hooks: dict[str, str]
) -> None:
    top = folder.parent
    folder.rename(top / "schemas")
    configure(top, tool, {"id": "contracts-lint"})
    missing = pre_commit("run", "--all-files", cwd=top, env=hooks)
    assert missing.returncode == 1
    assert "there is no contracts folder at contracts: name one with CONTRACTS_DIR." in missing.stdout
    entry = "env CONTRACTS_DIR=schemas python -I -m contracts lint"
    configure(top, tool, {"id": "contracts-lint", "entry": entry})
    assert pre_commit("run", "--all-files", cwd=top, env=hooks).returncode == 0


@dataclass
class Job:
    """A job of GitHub's with the steps of the action."""

    codes: list[int]
    out: str
    summary: str
    outputs: dict[str, str]

    @property
    def failed(self) -> bool:
        return any(self.codes)


ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def installed(tool: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runner's folder for temporary files, after the step that installs the tool."""
    temp = tmp_path_factory.mktemp("runner")
    done, *_ = steps(tool, temp, tool, ACTION["runs"]["steps"][:1])
    assert done.returncode == 0, done.stdout + done.stderr
    return temp


def steps(
    tool: Path, temp: Path, workspace: Path, rows: list[dict[str, Any]], **given: str
) -> list[subprocess.CompletedProcess[str]]:
    """Run steps as a runner does: by bash, with expressions in `env` alone."""
    context = {
        **{f"inputs.{name}": about.get("default", "") for name, about in ACTION["inputs"].items()},
        "inputs.python": sys.executable,
        "github.base_ref": "",
        **{name.replace("__", "."): value for name, value in given.items()},
    }
    base = outside(
        RUNNER_TEMP=str(temp),
        GITHUB_ACTION_PATH=str(tool),
        GITHUB_STEP_SUMMARY=str(temp / "summary"),
        GITHUB_OUTPUT=str(temp / "output"),
    )
    done: list[subprocess.CompletedProcess[str]] = []
    for step in rows:
        assert "${{" not in step["run"], "a text of somebody else's would be run"
        if any(each.returncode for each in done) and step.get("if") != "${{ !cancelled() }}":
            continue
        env = {name: re.sub(r"\$\{\{ (.+?) \}\}", lambda at: context[at[1]], text)
               for name, text in step.get("env", {}).items()}  # fmt: skip
        script = temp / "step.sh"
        script.write_text(step["run"], encoding="utf-8")
        shell = ("bash", "--noprofile", "--norc", "-eo", "pipefail", str(script))
        done.append(run(*shell, cwd=workspace, env={**base, **env}))
    return done


def job(tool: Path, temp: Path, workspace: Path, **given: str) -> Job:
    for name in ("summary", "output"):
        (temp / name).write_text("", encoding="utf-8")
    done = steps(tool, temp, workspace, ACTION["runs"]["steps"][1:], **given)
    outputs = dict(line.split("=", 1) for line in (temp / "output").read_text("utf-8").splitlines())
    return Job(
        codes=[each.returncode for each in done],
        out="".join(each.stdout + each.stderr for each in done),
        summary=(temp / "summary").read_text("utf-8"),
        outputs=outputs,
    )


@pytest.fixture
def pull_request(folder: Path, tmp_path: Path) -> Path:
    """A clone on a branch of its own, as `actions/checkout` makes it; gives its contracts' folder."""
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(folder.parent), str(clone))
    git(clone, "checkout", "--quiet", "-b", "change")
    return clone / "contracts"


def test_the_action_tells_a_pull_request_what_changes_and_passes(
    pull_request: Path, tool: Path, installed: Path
) -> None:
    next_version(pull_request / "topic-weather", lambda rows: rows.append(SNOW))
    lock(pull_request)
    commit(pull_request.parent)
    ran = job(tool, installed, pull_request.parent, github__base_ref="main")
    assert ran.codes == [0, 0], ran.out
    assert "snow_depth was added: double or null" in ran.summary
    assert "::notice file=contracts/topic-weather/v3.avsc," in ran.out
    assert Path(ran.outputs["page"]).read_text(encoding="utf-8") == ran.summary
    assert '"version": "2.1.0"' in Path(ran.outputs["sarif"]).read_text(encoding="utf-8")


def test_the_action_fails_where_a_reader_breaks_and_says_so_on_the_line(
    pull_request: Path, tool: Path, installed: Path
) -> None:
    next_version(
        pull_request / "topic-weather", lambda rows: named(rows, "humidity").update(unit="1", doc="")
    )
    ran = job(tool, installed, pull_request.parent)
    assert ran.codes == [1, 1], "the lint's finding must not hide the review"
    assert "**Verdict: not compatible**" in ran.summary
    assert re.search(r"::error file=contracts/topic-weather/v3.avsc,line=\d+,title=reader-unit::", ran.out)


def test_the_action_says_what_it_lacks(pull_request: Path, tool: Path, installed: Path) -> None:
    ran = job(tool, installed, pull_request.parent, github__base_ref="nowhere")
    assert ran.codes == [0, 2]
    assert "::error::origin/nowhere is not there: give actions/checkout fetch-depth 0." in ran.out
    ran = job(tool, installed, pull_request.parent, inputs__base="nowhere")
    assert ran.codes == [0, 2]
    assert "there is no revision 'nowhere'" in ran.out


def test_the_action_takes_another_folder_and_base(pull_request: Path, tool: Path, installed: Path) -> None:
    top = pull_request.parent
    pull_request.rename(top / "schemas")
    commit(top)
    edit(top / "schemas" / "topic-weather" / "contract.yaml", "freshness: 2h", "freshness: 3h")
    ran = job(tool, installed, top, inputs__folder="schemas", inputs__base="HEAD")
    assert ran.codes == [0, 0], ran.out
    assert "service_level freshness was 2h and is 3h" in ran.summary
