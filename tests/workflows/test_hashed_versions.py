"""What a release is built with: the tested versions, one file each, and no other file."""

import re

import pytest
from packaging.requirements import Requirement

import hashed_versions
import install
from chapters import ROOT

# Where the workflow builds a release.
RELEASE = {
    "python_version": "3.12",
    "python_full_version": "3.12.0",
    "sys_platform": "linux",
    "os_name": "posix",
    "platform_system": "Linux",
    "platform_machine": "x86_64",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
}


def name_of(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements_of(path):
    """The requirements of a file that count on the system of a release."""
    for line in (ROOT / path).read_text("utf8").splitlines():
        text = re.sub(r"(^|\s)#.*", "", line).strip()
        if text:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate(RELEASE):
                yield requirement


def listed():
    lines = hashed_versions.LIST.read_text("utf8").splitlines()
    for line in lines:
        if line and not line.startswith("#"):
            found = re.fullmatch(r"([\w.-]+)==([\w.+!]+) --hash=sha256:[0-9a-f]{64}", line)
            assert found, line
            yield name_of(found.group(1)), found.group(2)


def test_the_list_holds_the_tested_versions_and_is_up_to_date():
    versions = dict(listed())
    assert len(versions) == len(list(listed())) > 150
    tested = {name_of(r.name): str(r.specifier) for r in requirements_of("constraints.txt")}
    for name, version in versions.items():
        assert tested[name] == f"=={version}", "run tools/hashed_versions.py"


def test_the_list_holds_all_that_is_required():
    versions = dict(listed())
    for requirement in requirements_of("requirements.txt"):
        assert requirement.specifier.contains(versions[name_of(requirement.name)])
    # The library itself is built with this one, as nothing else may be fetched for that.
    assert int(versions["setuptools"].split(".")[0]) >= 68


def test_only_files_of_the_list_are_installed(monkeypatch):
    monkeypatch.setenv("VERSIONS", "hashed")
    packages, library = install.steps()
    assert {"--require-hashes", "--no-deps"} <= set(packages)
    assert packages[-2:] == ["-r", str(install.HASHED)]
    assert {"--no-build-isolation", "--no-deps"} <= set(library)


def test_builds_without_a_checksum_are_refused(monkeypatch, capsys):
    monkeypatch.setenv("VERSIONS", "hashed")
    monkeypatch.setenv("TORCH", "cpu")
    assert install.main() == 1
    assert "leave TORCH unset" in capsys.readouterr().err


def test_a_checksum_is_taken_from_the_report_of_pip():
    def package(url, **hashes):
        download = {"url": url, "archive_info": {"hashes": hashes}}
        return {"metadata": {"name": "Some_Package", "version": "1.2"}, "download_info": download}

    line = hashed_versions.line_of(package("https://example.org/a.whl", sha256="a" * 64))
    assert line == f"some-package==1.2 --hash=sha256:{'a' * 64}\n"
    with pytest.raises(KeyError):
        hashed_versions.line_of(package("https://example.org/a.whl", md5="a" * 32))
    with pytest.raises(SystemExit, match="not from PyPI"):
        hashed_versions.line_of(package("file:///mirror/a.whl", sha256="a" * 64))
