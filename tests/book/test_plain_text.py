"""A chapter's Markdown reads right where nobody knows roles, directives or classes."""

import re
from urllib.parse import urlsplit

import pytest
from bound_numbers import BOUND, COMMENT
from boxes import quotes
from citations import LINK, LIST, cited, read_references

import reference_lists
import repository_url
from notebook_files import chapters, markdown, read

REFERENCES = read_references(reference_lists.BIBLIOGRAPHY)
# Hosts of documentation; any other address is that of a work, and belongs in the bib file.
DOCUMENTATION = {"docs.pytorch.org", "scikit-learn.org", "faiss.ai", "colab.research.google.com"}

# What must not stand in a chapter, and an example that the pattern finds.
NOT_PLAIN = {
    "a role": (r"\{[\w:.-]+\}`", "right in {glue:text}`c8_official:.1f` %"),
    "a directive": (r"^ *(```+|~~~+) *\{|^ *:::", "```{note}\nhello\n```"),
    "a directive with colons": (r"^ *:::", ":::{note}\nhello\n:::"),
    "a substitution": (r"\{\{", "see {{ x }}"),
    "a target": (r"^\([\w-]+\)=", "(here)=\n## Title"),
    "a class": (r"<[^>]*\bclass *=", '<div class="goals">'),
    "a style": (r"<[^>]*\bstyle *=", '<p style="color: red">'),
    "a block of HTML": (r"<(div|span|img|table)\b", "<div>"),
    "a picture": (r"!\[", "![twins](../book/_static/twins.svg)"),
    "a relative link": (r"\]\((?!https?://)", "[results](../book/results.md)"),
    "a note as on GitHub": (r"^> *\[!", "> [!NOTE]"),
}


@pytest.fixture(params=chapters(), ids=lambda path: path.stem)
def texts(request):
    return markdown(read(request.param))


def without_code(text):
    """Without what stands in backticks and in mathematics; roles and directives stay."""
    text = re.sub(r"^```\w*\n.*?^```", " ", text, flags=re.S | re.M)
    return re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$|(?<!\})`[^`\n]+`", " ", text, flags=re.S)


@pytest.mark.parametrize("what", NOT_PLAIN)
def test_text_holds_nothing_that_only_the_book_understands(texts, what):
    pattern, example = NOT_PLAIN[what]
    assert re.search(pattern, without_code(example), re.M), "a test that cannot fail"
    assert not [text for text in texts if re.search(pattern, without_code(text), re.M)]


def test_code_and_mathematics_are_not_mistaken_for_markup():
    text = "`{a}` and `x[0](y)` and $z_{1}`$ and\n```python\n:::\n```\n$$\n{b}`c`\n$$\n"
    assert not [p for p, _ in NOT_PLAIN.values() if re.search(p, without_code(text), re.M)]


def test_each_binding_comment_stands_directly_behind_what_it_binds(texts):
    for text in texts:
        assert len(COMMENT.findall(text)) == len(BOUND.findall(text)), text[:60]
    for comment in re.findall(r"<!--.*?-->", "\n".join(texts), re.S):
        known = BOUND.fullmatch(f"0{comment}") or "references" in comment
        assert known, f"{comment} binds nothing"


@pytest.mark.parametrize("wrong", ["97.0 <!-- c8_a:.1f -->", "cpu<!-- c8_device -->"])
def test_a_comment_without_its_number_is_found(wrong):
    assert COMMENT.search(wrong) and not BOUND.search(wrong)


def test_mathematics_in_a_quote_stays_in_its_line(texts):
    """JupyterLab would show the marks of the quote inside of the formula."""
    for quote in [quote for text in texts for quote in quotes(text)]:
        broken = [line for line in quote.split("\n") if line.replace("$$", "$").count("$") % 2]
        assert not broken


def test_folded_answers_stand_between_empty_lines(texts):
    """Without these the Markdown inside is not read as Markdown."""
    text = "\n\n".join(texts)
    answer = r"<details><summary>[^\n]+</summary>\n\n(?:(?!<details>).)+?\n\n</details>\n"
    whole = re.findall(answer, text + "\n", re.S)
    assert len(whole) == text.count("<details") == text.count("</details>") >= 6


def links_without_a_home(text):
    """Links that lead neither to a work of the bib file, nor to the repository or documentation."""
    homes = {address for one in REFERENCES for address in one.addresses}
    repository = repository_url.decided()
    links = [address for _, address in LINK.findall(text)] + re.findall(r"<(https?://[^>]+)>", text)
    return [
        link
        for link in links
        if link not in homes
        and not link.startswith(f"{repository}/")
        and urlsplit(link).netloc not in DOCUMENTATION
    ]


def test_links_to_papers_stand_in_the_bib_file(texts):
    assert not [link for text in texts for link in links_without_a_home(text)]


def test_a_paper_that_is_not_in_the_bib_file_is_found():
    known = REFERENCES[0].addresses[0]
    unknown = "https://arxiv.org/abs/2999.00001"
    text = f"[A (1990)]({known}), [B et al. (2099)]({unknown}), <{unknown}>"
    assert links_without_a_home(text) == [unknown, unknown]


def test_citations_carry_the_name_and_the_year_of_the_work(texts):
    labels = {address: one.label for one in REFERENCES for address in one.addresses}
    for text in texts:
        for words, address in LINK.findall(LIST.sub("", text)):
            assert words == labels.get(address, words)


def test_each_chapter_ends_in_a_list_of_what_it_cites(texts):
    text = "\n\n".join(texts)
    (listed,) = LIST.findall(text)
    assert text.index("## References") < text.index(listed)
    assert len(listed.splitlines()) == len(cited(text, REFERENCES)) >= 2


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_the_list_says_what_the_bib_file_says(path):
    assert not reference_lists.wrong(path), "run: make references"


def test_each_entry_of_the_bib_file_has_an_address():
    assert not [one.key for one in REFERENCES if not one.addresses]
    addresses = [address for one in REFERENCES for address in one.addresses]
    assert len(addresses) == len(set(addresses)), "two works at one address"
