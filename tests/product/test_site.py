"""A site that `llamafleet init` wrote: what it refuses, and what its files do in pyinfra."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyinfra.api.config import Config
from pyinfra.context import config, ctx_config

from llamafleet.cli import main
from llamafleet.cli.about import version
from llamafleet.cli.init import FILES
from tests.formats.test_pre_commit import HOOKS
from tests.product.conftest import run

PYINFRA = Path(sys.executable).parent / "pyinfra"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A new site."""
    assert main(["init", str(tmp_path / "a site")]) == 0
    return tmp_path / "a site"


def test_it_has_what_init_promises(site: Path) -> None:
    assert {str(each.relative_to(site)) for each in site.rglob("*") if each.is_file()} == {*FILES}
    assert main(["check", "--strict", str(site / "fleet.fleet")]) == 0
    assert main(["fmt", "--check", str(site / "fleet.fleet")]) == 0
    assert not [each for each in FILES if "@version@" in (site / each).read_text()]


@pytest.mark.parametrize("name", FILES)
def test_no_file_that_is_there_is_replaced(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / name
    there.parent.mkdir(parents=True, exist_ok=True)
    there.symlink_to("nowhere")  # as good as any: what it would point at must not appear
    assert main(["init", str(tmp_path)]) == 2
    assert name in capsys.readouterr().err
    assert [each for each in tmp_path.rglob("*") if not each.is_dir()] == [there]


def test_a_run_that_died_is_finished_by_the_next(site: Path) -> None:
    (site / "README.md").unlink()
    assert main(["init", str(site)]) == 0
    assert (site / "README.md").exists()
    (site / "deploy.py").write_text("ours")
    assert main(["init", str(site)]) == 2
    assert (site / "deploy.py").read_text() == "ours"


def test_a_repository_with_other_files_is_taken(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("ours")
    assert main(["init", str(tmp_path)]) == 0
    assert (tmp_path / "LICENSE").read_text() == "ours"


def test_a_file_is_no_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("ours")
    assert main(["init", str(tmp_path / "file" / "site")]) == 2
    assert "is not a directory" in capsys.readouterr().err


def test_its_inventory_is_the_fleet_and_its_group_data(site: Path, tmp_path: Path) -> None:
    shown = run(PYINFRA, site / "hosts.py", "debug-inventory", folder=tmp_path)
    assert shown.returncode == 0, shown.stderr
    said = shown.stdout + shown.stderr
    assert '"ssh_hostname": "192.0.2.11"' in said
    assert '"llamafleet_health_timeout": 300' in said


def test_the_hooks_are_installed_from_wherever_pyinfra_is_started(
    site: Path, tmp_path: Path
) -> None:
    """Without them pyinfra ends with 0 where `--limit` matches nothing."""
    limited = ("--limit", "nobody", "-y", site / "hosts.py", site / "deploy.py")
    ended = run(PYINFRA, *limited, folder=tmp_path)
    assert ended.returncode != 0
    assert "nobody" in ended.stdout + ended.stderr
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "hosts.py").write_text('all = ["192.0.2.11"]\n')
    without = ("--limit", "nobody", "-y", plain / "hosts.py", site / "deploy.py")
    assert run(PYINFRA, *without, folder=plain).returncode == 0


def test_its_inventory_sets_pyinfra_up_for_every_deploy_file(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from llamafleet_roles.site import hosts

    monkeypatch.setattr("llamafleet_roles.site.install", lambda: None)
    with ctx_config.use(Config()):  # type: ignore[no-untyped-call]
        groups: Any = hosts(site / "hosts.py")
        config.reset_locked_state()  # as pyinfra does after each deploy file
        assert config.TEMP_DIR == "/var/tmp"
        assert config.REQUIRE_PYINFRA_VERSION == "~=3.10.0"
    assert [name for name, _ in groups["all"]] == ["workstation"]


def test_errors_of_the_fleet_end_before_any_host_is_touched(site: Path) -> None:
    fleet = site / "fleet.fleet"
    fleet.write_text(fleet.read_text().replace("models = [chat]", "models = [chatt]"))
    ended = run(PYINFRA, "-y", "hosts.py", "deploy.py", folder=site)
    assert ended.returncode != 0
    assert "error[unknown-name]" in ended.stdout + ended.stderr
    assert "Connecting" not in ended.stdout + ended.stderr
    assert main(["verify", str(fleet)]) == 1


def test_verify_hands_options_to_pytest_and_no_settings_of_others(site: Path) -> None:
    (site / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (site / "conftest.py").write_text("raise SystemExit('read')\n")
    program = (sys.executable, "-m", "llamafleet", "verify", "fleet.fleet")
    done = run(*program, "--collect-only", "-q", folder=site)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "workstation-llama-swap-main.service" in done.stdout
    assert run(*program, "-k", "nothing_of_the_kind", "--co", folder=site).returncode == 2
    unknown = run(*program, "--verify-host", "other", folder=site)
    assert unknown.returncode == 2
    assert "known: workstation" in unknown.stderr


def test_its_hooks_for_commits_are_those_of_the_project(site: Path) -> None:
    (local,) = yaml.safe_load((site / ".pre-commit-config.yaml").read_text())["repos"]
    for hook in local["hooks"]:
        ours = HOOKS[hook["id"]]
        assert hook["entry"].startswith(ours["entry"])
        assert hook["additional_dependencies"] == [f"llamafleet=={version()}"]
        same = ("files", "language", "pass_filenames", "require_serial")
        assert all(hook.get(key) == ours.get(key) for key in same)


def test_its_workflow_passes_on_the_new_site(site: Path) -> None:
    workflow = yaml.safe_load((site / ".github/workflows/check.yml").read_text())
    steps = [each for each in workflow["jobs"]["check"]["steps"] if "run" in each]
    assert steps[0]["run"] == f'pip install "llamafleet=={version()}"'
    for step in steps[1:]:
        words = step["run"].replace("llamafleet", f"{sys.executable} -m llamafleet", 1)
        done = subprocess.run(words, shell=True, cwd=site, capture_output=True, text=True)
        assert done.returncode == 0, (step, done.stdout)
