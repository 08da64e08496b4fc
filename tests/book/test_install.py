"""Which PyTorch is installed, and by what: tried with packages of that name that hold nothing."""

import hashlib
import shutil
import subprocess
import sys
import zipfile

import pytest

import install
from local_server import QuietFiles, files_of, serving

REAL = "2.15.0"  # of the stand-ins; the ones with CUDA lie in a folder, the others on a server


def write_wheel(folder, name, version):
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": f"__version__ = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)


@pytest.fixture
def cpu_index(tmp_path):
    """A package index as PyTorch's: a page for each package, the builds marked +cpu."""
    for name in ("torch", "torchvision"):
        folder = tmp_path / "index" / name
        write_wheel(folder, name, f"{REAL}+cpu")
        links = [f'<a href="{path.name}">{path.name}</a>' for path in folder.glob("*.whl")]
        (folder / "index.html").write_text("<!doctype html>" + "".join(links))
    asked = []

    class Asked(QuietFiles):
        def log_message(self, *arguments):
            asked.append(self.path)

    with serving(files_of(tmp_path / "index", Asked)) as (_, address):
        yield address, asked


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of two requirements, which pip finds in a folder, in builds with CUDA."""
    root = tmp_path / "project"
    (root / "tools").mkdir(parents=True)
    shutil.copy(install.__file__, root / "tools" / "install.py")
    (root / "requirements.txt").write_text("torch>=2.2\ntorchvision>=0.17\n")
    (root / "constraints.txt").write_text(f"torch=={REAL}\ntorchvision=={REAL}\n")
    (root / "pyproject.toml").write_text("[project]\nname = 'lib'\nversion = '1'\n")
    for name in ("torch", "torchvision"):
        write_wheel(tmp_path / "usual", name, REAL)
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "usual"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path / "usual"))
    # Whatever installs a package of ours needs setuptools from an index; these tests are offline.
    path = root / "tools" / "install.py"
    path.write_text(path.read_text("utf8").replace(', ["--no-deps", "-e", "."]]', "]"), "utf8")
    return root


def installed(project):
    python = install.PYTHON.relative_to(install.ROOT)
    ask = "import torch, torchvision; print(torch.__version__, torchvision.__version__)"
    return subprocess.run(
        [project / python, "-c", ask], capture_output=True, text=True, check=True
    ).stdout.split()


def run_install(project):
    return subprocess.run(
        [sys.executable, "tools/install.py"], cwd=project, capture_output=True, text=True
    )


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="builds differ on Linux only")
def test_torch_cpu_takes_both_from_the_index_of_cpu_builds(project, cpu_index, monkeypatch):
    url, asked = cpu_index
    monkeypatch.setenv("TORCH", "cpu")
    monkeypatch.setenv("TORCH_INDEX", url)
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", f"{url}/there-is-nothing-else-here")
    run = run_install(project)
    assert run.returncode == 0, run.stdout + run.stderr
    assert installed(project) == [f"{REAL}+cpu"] * 2
    assert any(path.startswith("/torchvision/") for path in asked)
    assert "2 GB" in run.stdout


def test_without_it_the_usual_ones_are_taken(project, cpu_index, monkeypatch):
    monkeypatch.setenv("TORCH_INDEX", cpu_index[0])
    run = run_install(project)
    assert run.returncode == 0, run.stdout + run.stderr
    assert installed(project) == [REAL] * 2 and cpu_index[1] == []


def test_another_torch_is_refused(project, monkeypatch):
    monkeypatch.setenv("TORCH", "gpu")
    run = run_install(project)
    assert run.returncode == 1 and "TORCH is 'gpu'; it can be cpu" in run.stderr
    assert not (project / ".venv").exists()


@pytest.mark.parametrize("right", [True, False])
def test_a_file_with_another_checksum_is_refused(right, project, monkeypatch):
    """A release is built with the files of a list: VERSIONS=hashed."""
    lines = []
    for path in sorted((project.parent / "usual").glob("*.whl")):
        content = path.read_bytes() if right else b"what was there when the list was made"
        checksum = hashlib.sha256(content).hexdigest()
        lines.append(f"{path.name.split('-')[0]}=={REAL} --hash=sha256:{checksum}\n")
    (project / install.HASHED).write_text("".join(lines))
    program = project / "tools" / "install.py"
    text = program.read_text("utf8")
    library = ', ["--no-deps", "--no-build-isolation", "-e", "."]'
    assert library in text
    program.write_text(text.replace(library, ""), "utf8")
    monkeypatch.setenv("VERSIONS", "hashed")
    run = run_install(project)
    if right:
        assert run.returncode == 0, run.stdout + run.stderr
        assert installed(project) == [REAL] * 2
    else:
        assert run.returncode == 1 and "hash" in run.stderr.lower(), run.stderr
        assert not (project / ".venv" / "installed").exists()


@pytest.mark.parametrize(("works", "by"), [(True, ["uv"]), (False, ["uv", "pip"])])
def test_uv_installs_where_it_is_and_pip_when_it_cannot(monkeypatch, works, by, capsys):
    seen = []

    def run(command, **options):
        seen.append("uv" if command[0] == "/bin/uv" else "pip")
        return subprocess.CompletedProcess(command, int(seen[-1] == "uv" and not works))

    monkeypatch.setattr(install.shutil, "which", lambda name: "/bin/uv")
    monkeypatch.setattr(install.subprocess, "run", run)
    assert install.install(["anything"])
    assert seen == by and ("now with pip" in capsys.readouterr().err) == (not works)
