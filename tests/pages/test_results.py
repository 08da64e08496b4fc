import json

import pytest

from siamese_lib.pages import results


def test_stored_and_read_back_with_provenance(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    results.store_result("speed", "python x.py", "how", [{"a": 1}], steps=3)
    found = results.load_result("speed")
    assert found["rows"] == [{"a": 1}] and found["steps"] == 3 and found["command"] == "python x.py"
    assert {"date", "torch", "threads", "machine"} <= found["made"].keys()
    with pytest.raises(ValueError, match="'sped'; there are: speed"):
        results.load_result("sped")


def test_each_stored_result_says_how_to_make_it_again():
    stored = sorted(results.FOLDER.glob("*.json"))
    assert stored
    for path in stored:
        result = json.loads(path.read_text("utf8"))
        assert result["rows"] and result["protocol"]
        program = result["command"].split()[1]
        assert (results.FOLDER.parents[2] / program).is_file(), program
