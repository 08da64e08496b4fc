"""What every chapter keeps to; CONTRIBUTING.md says why."""

import ast
import json
import re
from pathlib import Path

import pytest
from bound_numbers import bound_numbers
from boxes import kind_of, quotes

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SETUP_START = "# @title Setup: finds siamese_lib"
LITERAL_SEED = re.compile(
    r"(\bmanual_seed\(|\b(?:generator|seed|random_state)\s*=|\bseed in (?:range)?\()\s*\d"
)
# What is seeded, or takes a fixed seed of its own, unless the chapter says otherwise.
SEEDED = {
    *("TrainingSettings", "OneShotValidation", "RandomAffine", "PeopleBootstrap", "TSNE"),
    *("PairSampler", "TripletSampler", "MPerClassSampler", "EpisodeSampler"),
    *("one_shot_accuracy", "visits", "calibrate", "split_by_group"),
}
# Chapters whose visible cells still hold the checks of the text.
NOT_REWRITTEN = {path.stem for path in NOTEBOOKS if 7 < int(path.stem[:2]) < 15}
SECTIONS = (
    "## Check yourself",
    "## Exercises",
    "## Summary",
    "## If it goes wrong",
    "## References",
)


def cells(path, kind=None):
    every = json.loads(path.read_text("utf8"))["cells"]
    return [cell for cell in every if kind is None or cell["cell_type"] == kind]


def source(cell):
    return "".join(cell["source"])


def prose(path):
    """The chapter's text, without mathematics and code."""
    text = "\n".join(source(cell) for cell in cells(path, "markdown"))
    return re.sub(r"```.*?```|\$\$.*?\$\$|`[^`]*`", " ", text, flags=re.S)


def tags(cell):
    return cell["metadata"].get("tags", [])


def test_there_are_chapters_and_all_are_in_the_book():
    contents = (ROOT / "_toc.yml").read_text("utf8")
    listed = re.findall(r"file: notebooks/(\w+)", contents)
    assert listed and listed == [path.stem for path in NOTEBOOKS]


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def chapter(request):
    return request.param


def test_stored_without_outputs_and_with_stable_ids(chapter):
    for cell in cells(chapter, "code"):
        assert not cell["outputs"] and cell["execution_count"] is None, cell["id"]
    ids = [cell["id"] for cell in cells(chapter)]
    assert len(set(ids)) == len(ids)
    assert not [name for name in ids if re.fullmatch(r"[0-9a-f]{8}(-.*)?", name)], "random ids"


def test_first_code_cell_is_the_setup_cell_of_all_chapters(chapter):
    first = cells(chapter, "code")[0]
    assert source(first).startswith(SETUP_START) and "hide-input" in tags(first)
    assert source(first) == source(cells(NOTEBOOKS[0], "code")[0])


def test_what_is_folded_is_folded_everywhere(chapter):
    """In the book by tags, in JupyterLab by ``jupyter``, on Colab by a form with a title."""
    folded = [
        cell
        for cell in cells(chapter, "code")
        if {"hide-input", "hide-cell", "remove-cell"} & {*tags(cell)}
    ]
    assert len(folded) >= 4  # the setup, two solutions, the time
    for cell in folded:
        assert re.match(r"# @title \S", source(cell)), cell["id"]
        assert cell["metadata"]["cellView"] == "form", cell["id"]
        hidden = {"source_hidden": True}
        if {"hide-cell", "remove-cell"} & {*tags(cell)}:
            hidden["outputs_hidden"] = True
        assert cell["metadata"]["jupyter"] == hidden, cell["id"]
    titles = [source(cell).split("\n")[0] for cell in folded if "solution" in tags(cell)]
    assert titles == [f"# @title Solution of exercise {n + 1}" for n in range(len(titles))]


def statements(cell):
    return [node for node in ast.walk(ast.parse(source(cell))) if isinstance(node, ast.stmt)]


def test_what_guards_the_text_is_in_check_cells(chapter):
    """An assertion stays in sight where checking is the lesson: in cells tagged so."""
    for cell in cells(chapter, "code"):
        if "check" in tags(cell):
            assert source(cell).startswith("# @title Check: ") and "remove-cell" in tags(cell)
            continue
        if {"hide-input", "hide-cell"} & {*tags(cell)} or chapter.stem in NOT_REWRITTEN:
            continue
        assert "chapter.glue(" not in source(cell), cell["id"]
        has_checks = any(isinstance(node, ast.Assert) for node in statements(cell))
        assert has_checks == ("lesson" in tags(cell)), cell["id"]


def test_code_cells_are_short(chapter):
    long = {c["id"]: len(c["source"]) for c in cells(chapter, "code") if len(c["source"]) > 25}
    assert not long


def test_figures_have_words(chapter):
    draws = r"(image_grid|photograph_grid|draw_\w+)"
    drawing = re.compile(rf"\b({draws}|show_pairs|plt\.(subplots|figure))\(|\.plot\(\);")
    untagged = re.compile(rf"\bplt\.subplots\(|^{draws}\(", re.M)
    interactive = re.compile(r"\b(movable_curves|moving_points|hover_map)\(")
    for cell in cells(chapter, "code"):
        alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
        if "figure" in tags(cell):
            assert len(alt) > 40, f"{cell['id']} needs alt text"
            assert drawing.search(source(cell)), f"{cell['id']} draws nothing"
        else:
            assert not untagged.search(source(cell)), cell["id"]
        if interactive.search(source(cell)):  # these carry their words themselves
            assert re.search(r"\balt=", source(cell)), f"{cell['id']} needs alt="


def test_words_that_do_not_help(chapter):
    found = re.findall(r"\b(simply|just|obviously|of course|clearly)\b", prose(chapter), re.I)
    assert not found


def test_rhythm(chapter):
    text = prose(chapter)
    boxes = [kind_of(quote) for quote in quotes(text)]
    assert boxes.count("goals") == 1 and boxes.count("predict") >= 2
    assert text.count("<details>") >= 6
    for section in SECTIONS:
        assert section in text, section
    solutions = [cell for cell in cells(chapter, "code") if "solution" in tags(cell)]
    assert len(solutions) >= 2 and all("hide-cell" in tags(cell) for cell in solutions)


def test_every_quiz_choice_is_explained_and_one_is_right(chapter):
    text = prose(chapter)
    quiz = text[text.index("## Check yourself") : text.index("## Exercises")]
    questions = re.split(r"^\*\*\d+\. ", quiz, flags=re.M)[1:]
    for question in questions:
        answers = re.findall(r"</summary>\s*(\w+)[.,:]", question)
        assert len(answers) == question.count("<summary>"), question[:60]
        assert answers.count("Yes") == 1, question[:60]


def test_numbers_in_prose_come_from_the_run(chapter):
    code = "\n".join(source(cell) for cell in cells(chapter, "code"))
    text = "\n".join(map(source, cells(chapter, "markdown")))
    quoted = [number.key for number in bound_numbers(text)]
    stem = f"c{int(chapter.stem[:2])}_"
    assert quoted and all(name.startswith(stem) for name in quoted)
    for name in quoted:
        # Names made in a loop are glued as a prefix plus what the loop runs over.
        assert f'"{name}"' in code or f'"{stem}" +' in code, name


def test_claims_are_asserted(chapter):
    code = "\n".join(source(cell) for cell in cells(chapter, "code"))
    assert len(re.findall(r"^\s*assert ", code, re.M)) >= 5


def test_every_seed_follows_from_one(chapter):
    """Then ``benchmarks/claims.py`` can try the chapter's claims with other seeds."""
    code = [source(cell) for cell in cells(chapter, "code")]
    setting = [text for text in code if re.search(r"^SEED = 0\b", text, re.M)]
    assert len(setting) == 1 and "began = time.perf_counter()" in setting[0]
    assert len(re.findall(r"\bSEED = ", "\n".join(code))) == 1
    assert not [line for text in code for line in text.split("\n") if LITERAL_SEED.search(line)]


def calls_without_seed(code):
    """Calls that would fall back on a seed of the library, or on none."""
    tree = ast.parse(code)
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "transforms":
            continue  # torchvision's RandomAffine, which knows no generator; only timed
        name = getattr(node.func, "id", getattr(node.func, "attr", None))
        named = {keyword.arg for keyword in node.keywords}
        if name in SEEDED - own and not named & {"seed", "generator", "random_state"}:
            found.append(f"line {node.lineno}: {name}")
    return found


def test_nothing_falls_back_on_another_seed(chapter):
    assert not calls_without_seed("\n".join(source(cell) for cell in cells(chapter, "code")))


@pytest.mark.parametrize(
    "wrong",
    [
        *("torch.manual_seed(0)", "f(generator=3)", "TSNE(2, random_state=0)"),
        *("def f(seed=0):", "[f(seed) for seed in (1, 2)]", "for seed in range(3):"),
    ],
)
def test_a_seed_of_its_own_is_found(wrong):
    assert LITERAL_SEED.search(wrong)
    assert not LITERAL_SEED.search(re.sub(r"(?<=[=(])(?=\d)", "SEED + ", wrong))


def test_a_call_without_seed_is_found():
    code = "TrainingSettings(steps=3)\nTrainingSettings(steps=3, seed=SEED)\ndoor.calibrate(0.01)"
    assert calls_without_seed(code) == ["line 1: TrainingSettings", "line 3: calibrate"]
