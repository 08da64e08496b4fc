"""The built wheel in an environment without the library: all that it needs is in it."""

import sys

import pytest
from bare_environment import Bare, has_package_index

import try_wheel
from required import skip_or_fail


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    if not has_package_index(tmp_path_factory.mktemp("download")):
        skip_or_fail("needs a package index, from which pip takes setuptools to build the wheel")
    return try_wheel.build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.mark.skipif(sys.platform == "win32", reason="borrows packages by symbolic links")
def test_wheel_is_installed_and_used_away_from_the_clone(tmp_path, wheel, shared_cache):
    bare = Bare(tmp_path / "bare", tmp_path, shared_cache)
    before = bare.packages()
    bare.run("-m", "pip", "install", "-q", str(wheel))
    after = bare.packages()
    assert after.pop("siamese-lib") and after == before
    said = try_wheel.use(bare.python, bare.home)
    assert "venv" in said.splitlines()[0]  # not the clone's siamese_lib
    assert "official_trials:" in said


def test_wheel_is_small_and_holds_the_library_alone(wheel):
    import zipfile

    names = zipfile.ZipFile(wheel).namelist()
    assert wheel.stat().st_size < 10e6
    top = {name.split("/")[0].split("-")[0] for name in names}
    assert top == {"siamese_lib", "siamese_classroom"}
    assert any(name.endswith(".safetensors") for name in names)
