"""Workers made of the scripts' own text, on file:// where no worker can load one."""


def test_a_worker_answers_from_scripts(scripts):
    page = scripts()
    page.evaluate("live.define('twice', (live) => { live.twice = (x) => 2 * x; })")
    ask = "live.worker(['twice'], (live, x) => live.twice(x))(21)"
    assert page.evaluate(ask) == 42


def test_what_goes_wrong_in_a_worker_is_told(scripts):
    fails = "live.worker([], () => { throw new Error('no'); })(1).catch((e) => e.message)"
    assert "no" in scripts().evaluate(fails)
