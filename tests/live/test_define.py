"""Workers made of the scripts' own text, on file:// where no worker can load one."""

import pytest


def test_a_worker_answers_from_scripts(scripts):
    page = scripts()
    page.evaluate("live.define('twice', (live) => { live.twice = (x) => 2 * x; })")
    ask = "live.worker(['twice'], (live, x) => live.twice(x))(21)"
    assert page.evaluate(ask) == 42


def test_what_goes_wrong_in_a_worker_is_told(scripts):
    fails = "live.worker([], () => { throw new Error('no'); })(1).catch((e) => e.message)"
    assert "no" in scripts().evaluate(fails)


BREAKS = [
    "globalThis.Worker = function () { throw new Error('not here') };",
    "live.texts.bad = '() => { throw new Error(\"not here\") }';",
    "live.texts.bad = 'not here(';",
]


@pytest.mark.parametrize("breaks", BREAKS)
def test_a_worker_that_cannot_start_refuses_its_questions_and_says_so(scripts, breaks):
    page = scripts()
    page.evaluate("live.define('bad', () => {}); live.told = []")
    page.evaluate(f"() => {{ {breaks} }}")
    page.evaluate("void (live.ask = live.worker(['bad'], () => 1, (why) => live.told.push(why)))")
    refused = "live.ask(1).then(() => 'answered', () => 'refused')"
    assert [page.evaluate(refused) for _ in range(2)] == ["refused"] * 2
    (why,) = page.evaluate("live.told")
    assert why
