import shutil

import pytest

import repository_url


@pytest.fixture
def copy(tmp_path):
    """The files that name the URL, in a folder of their own."""
    for path in [repository_url.ROOT / repository_url.DECIDED_IN, *repository_url.files()]:
        target = tmp_path / path.relative_to(repository_url.ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return tmp_path


def test_one_url_everywhere():
    assert repository_url.differing() == []


def test_it_stands_where_it_is_needed():
    url = repository_url.decided()
    saying = [path.name for path in repository_url.files() if url in path.read_text("utf8")]
    assert {"README.md", "_config.yml", "setup.md", "01_siamese_idea.ipynb"} <= set(saying)


def test_another_url_is_found(copy):
    path = copy / "README.md"
    lines = path.read_text("utf8").count("\n")
    path.write_text(path.read_text("utf8") + "https://github.com/else/siamese-networks/x\n", "utf8")
    (wrong,) = repository_url.differing(copy)
    assert wrong == f"README.md:{lines + 1}: https://github.com/else/siamese-networks"


def test_set_changes_every_place(copy):
    old, new = repository_url.decided(copy), "https://github.com/somebody/a-course"
    repository_url.set_everywhere(new, copy)
    assert repository_url.decided(copy) == new
    assert not [p for p in repository_url.files(copy) if old in p.read_text("utf8")]
    assert new in (copy / "_config.yml").read_text("utf8")


def test_set_reaches_colab_binder_and_the_published_pages(copy):
    repository_url.set_everywhere("https://github.com/Some-Body/a-course", copy)
    readme = (copy / "README.md").read_text("utf8")
    for address in (
        "https://colab.research.google.com/github/Some-Body/a-course/blob/main/notebooks/",
        "https://mybinder.org/v2/gh/Some-Body/a-course/main",
        "https://some-body.github.io/a-course",
    ):
        assert address in readme
    assert "siamese-networks-book" not in readme


def test_another_url_is_found_under_a_new_name_too(copy):
    repository_url.set_everywhere("https://github.com/somebody/a-course", copy)
    assert repository_url.differing(copy) == []
    for other in ("else/a-course", "else/siamese-networks"):
        path = copy / "CONTRIBUTING.md"
        text = path.read_text("utf8")
        path.write_text(f"{text}https://github.com/{other}\n", "utf8")
        (wrong,) = repository_url.differing(copy)
        assert wrong.endswith(f"https://github.com/{other}")
        path.write_text(text, "utf8")


def test_a_project_with_a_longer_name_is_not_ours(copy):
    path = copy / "README.md"
    text = path.read_text("utf8") + "https://github.com/else/siamese-networks-pytorch\n"
    path.write_text(text, "utf8")
    assert repository_url.differing(copy) == []
    repository_url.set_everywhere("https://github.com/somebody/a-course", copy)
    assert "https://github.com/else/siamese-networks-pytorch" in path.read_text("utf8")


def test_set_refuses_what_is_no_repository(copy):
    with pytest.raises(SystemExit, match="OWNER/REPOSITORY"):
        repository_url.set_everywhere("https://github.com/somebody", copy)
