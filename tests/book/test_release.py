"""The PDF and what a release holds, on small pages and made-up versions."""

import hashlib
import re
import subprocess
import sys

import pytest

import build_pdf
import release
import release_tag
from chapters import ROOT
from required import need_chromium, need_playwright

PAGE = """<!doctype html><title>T</title><h1>One</h1><p>Words.</p>
<details><summary>More</summary><p>Folded.</p></details>"""


def test_a_page_is_printed_with_bookmarks(tmp_path):
    need_chromium()
    need_playwright()
    (tmp_path / "page.html").write_text(PAGE, "utf8")
    build_pdf.print_page(tmp_path / "page.html", tmp_path / "page.pdf")
    pdf = (tmp_path / "page.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-") and b"/Outlines" in pdf and len(pdf) > 5000


def test_the_welcome_page_links_the_pdf_once(tmp_path):
    welcome, pdf = tmp_path / "intro.html", tmp_path / "a.pdf"
    welcome.write_text("<h1>Title</h1><p>x</p>", "utf8")
    pdf.write_bytes(bytes(3_400_000))
    for _ in range(2):
        build_pdf.link_from_welcome(welcome, pdf)
    text = welcome.read_text("utf8")
    assert text.count("../siamese-networks.pdf") == 1 and "(3 MB)" in text
    assert text.index("</h1>") < text.index("pdf-link") < text.index("<p>x")


CHANGES = "# Changes\n\n## 1.2.0, 2026-12-01\n\n- new\n\n## 1.1.0\n\n- old\n"


def test_notes_are_those_of_the_version():
    assert release_tag.notes_of("1.2.0", CHANGES) == "- new\n"
    assert release_tag.notes_of("1.1.0", CHANGES) == "- old\n"
    for missing in ("1.2", "2.0.0"):
        with pytest.raises(SystemExit, match="says nothing about"):
            release_tag.notes_of(missing, CHANGES)


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "siamese_lib").mkdir()
    (tmp_path / "siamese_lib" / "__init__.py").write_text('__version__ = "1.2.0"\n')
    (tmp_path / "CITATION.cff").write_text("version: 1.2.0\n")
    return tmp_path


def test_tag_library_and_citation_agree(tree):
    assert release_tag.check_versions("v1.2.0", tree) == "1.2.0"
    with pytest.raises(SystemExit, match=r"the tag is v1\.2\.0"):
        release_tag.check_versions("v1.3.0", tree)
    (tree / "CITATION.cff").write_text("version: 1.0.0\n")
    with pytest.raises(SystemExit, match=r"CITATION\.cff says version 1\.0\.0"):
        release_tag.check_versions("v1.2.0", tree)


@pytest.mark.parametrize(
    "tag",
    [
        *("", "1.2.0", "V1.2.0", "v1.2", "v1.2.0.0", "v1.2.0-rc1", "v01.2.0", "v1.2.0 ", " v1.2.0"),
        *("v1.2.0\n", "v1.2.0;id;#", "v$(id)", "v`id`", "--help", "v1.2.0/../x", "v١.٢.٠"),
        "v1.2.0" + "0" * 1000,
    ],
)
def test_a_tag_of_another_form_is_refused_whatever_the_library_says(tag, tree):
    (tree / "siamese_lib" / "__init__.py").write_text(f'__version__ = "{tag[1:]}"\n', "utf8")
    (tree / "CITATION.cff").write_text(f"version: {tag[1:]}\n", "utf8")
    with pytest.raises(SystemExit, match="A tag is v and a version"):
        release_tag.check_versions(tag, tree)


def test_the_tag_is_checked_with_a_bare_python(tmp_path):
    """The workflow checks it before it installs anything."""
    for tag, code in ((f"v{release_tag.version_of()}", 0), ("v0.0.0;id", 1)):
        run = subprocess.run(
            [sys.executable, "-I", "-S", str(ROOT / "tools" / "release_tag.py"), tag], cwd=tmp_path
        )
        assert run.returncode == code


def test_ours_agree_and_the_version_is_semantic():
    version = release_tag.version_of()
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    release_tag.check_versions(f"v{version}")
    release_tag.notes_of(version, (ROOT / "CHANGELOG.md").read_text("utf8"))


def test_checksums_are_those_of_the_files(tmp_path):
    (tmp_path / "a").write_bytes(b"a")
    for _ in range(2):
        release.write_checksums(tmp_path)
    assert (tmp_path / "SHA256SUMS").read_text() == f"{hashlib.sha256(b'a').hexdigest()}  a\n"
