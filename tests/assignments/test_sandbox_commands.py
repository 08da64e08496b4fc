"""The commands that start sandboxes, as text: no container engine and no systemd run here."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from grading.sandbox import Limits, bubblewrap, container, starting
from grading.sandbox.library_view import library_view
from grading.sandbox.limits import MiB

ROOT = Path(__file__).resolve().parents[2]
LIMITS = Limits(memory_bytes=512 * MiB, n_threads=99, file_bytes=7 * MiB, scratch_bytes=9 * MiB)


@pytest.fixture
def run_command(tmp_path, monkeypatch):
    monkeypatch.setattr(container, "engine", lambda: "podman")
    return container.command(tmp_path, LIMITS, tmp_path / "id")


def value_of(command, option):
    return command[command.index(option) + 1]


def test_a_container_has_hard_limits_and_nothing_of_the_host(run_command, tmp_path):
    assert run_command[:2] == ["podman", "run"]
    for option, value in {
        "--network": "none",
        "--cap-drop": "ALL",
        "--security-opt": "no-new-privileges",
        "--user": "65534:65534",
        "--memory": str(512 * MiB),
        "--memory-swap": str(512 * MiB),
        "--pids-limit": "99",
        "--pull": "never",
        "--ipc": "private",
        "--log-driver": "none",
        "--cidfile": str(tmp_path / "id"),
        "--tmpfs": f"/tmp:rw,nosuid,nodev,size={9 * MiB},nr_inodes=20000",
    }.items():
        assert value_of(run_command, option) == value
    assert "--read-only" in run_command and "--privileged" not in run_command
    ulimits = {run_command[n + 1] for n, part in enumerate(run_command) if part == "--ulimit"}
    assert ulimits == {"core=0", f"fsize={7 * MiB}", "nofile=256:256"}


def test_all_that_a_container_sees_of_the_host_is_the_open_library(run_command, tmp_path):
    volumes = [part for part in run_command if part.startswith(("--volume", "-v", "--mount"))]
    assert volumes == [
        f"--volume={tmp_path}/{name}:/course/{name}:ro"
        for name in ("siamese_lib", "siamese_classroom")
    ]


def test_the_environment_of_the_teacher_does_not_go_into_a_container(run_command):
    given = {run_command[n + 1] for n, part in enumerate(run_command) if part == "--env"}
    assert given == {f"{name}={value}" for name, value in bubblewrap.ENVIRONMENT.items()}


def test_ending_a_container_ends_it_and_not_only_the_client(tmp_path, monkeypatch):  # S17
    monkeypatch.setattr(container, "engine", lambda: "podman")
    asked = []
    id_file = tmp_path / "id"
    id_file.write_text("abc123")
    monkeypatch.setattr(
        starting.subprocess, "run", lambda command, **options: asked.append(command)
    )
    client = subprocess.Popen(["sleep", "60"], start_new_session=True)
    starting.Sandboxed(client, id_file=id_file).end()
    assert asked == [["podman", "rm", "--force", "abc123"]] and client.returncode != 0
    assert not id_file.exists()


def test_before_it_has_an_id_there_is_no_container_to_end(tmp_path):
    assert container.end_command(tmp_path / "id") is None


def test_the_image_holds_no_answers():
    """The library is installed for what it needs, and removed again: a view of it is mounted."""
    text = (ROOT / "assignments" / "Containerfile").read_text("utf8")
    name = re.search(r'^name = "(.+)"$', (ROOT / "pyproject.toml").read_text("utf8"), re.M)[1]
    (installing,) = [line for line in text.split("\n") if "install --no-cache-dir /course" in line]
    assert f"pip uninstall --yes {name} && rm -rf /course" in installing
    copied = {
        word for line in text.split("\n") if line[:4] == "COPY" for word in line.split()[1:-1]
    }
    packages = {"siamese_lib", "assignments/siamese_classroom"}  # both are of this distribution
    assert copied == {"pyproject.toml", "README.md", "LICENSE", *packages}


def test_a_scope_of_systemd_bounds_all_processes_together():
    command = bubblewrap.scope_command(("systemd-run", "--user", "--scope"), LIMITS)
    assert command == [
        *("systemd-run", "--user", "--scope", "-p", f"MemoryMax={512 * MiB}"),
        *("-p", "MemorySwapMax=0", "-p", "TasksMax=99", "--"),
    ]


def test_the_scope_stands_in_front_of_all_else(monkeypatch):
    monkeypatch.setattr(bubblewrap, "_systemd_run", lambda: ("systemd-run", "--scope"))
    command = bubblewrap.command(library_view(()), LIMITS, 8, 9)
    assert command[0] == "systemd-run" and "bwrap" in command
    assert bubblewrap.has_hard_memory_limit()


def test_systemd_that_does_not_answer_is_not_asked(monkeypatch):
    bubblewrap._systemd_run.cache_clear()
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)
    assert not bubblewrap.has_hard_memory_limit()
    bubblewrap._systemd_run.cache_clear()


def test_what_is_closed_can_be_imported_and_fails_where_it_is_used():  # G10
    """A leftover import beside an answer cost all points of the cell."""
    view = library_view(("siamese_lib.losses", "siamese_lib.augment"))
    code = (
        "from siamese_lib.losses import ContrastiveLoss\n"
        "import siamese_lib.augment, siamese_classroom\n"
        "assert siamese_classroom.check('distance', None) is None\n"
        "try: ContrastiveLoss(margin=1)\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(view)},
        cwd=view,
        capture_output=True,
        text=True,
    )
    assert "siamese_lib.losses.ContrastiveLoss is closed here" in done.stdout, done.stderr


def test_a_module_to_close_that_is_not_there_is_an_error():
    with pytest.raises(FileNotFoundError, match="to close"):
        library_view(("siamese_lib.no_such_module",))
