"""The results page on training over ranks, on other filters and pens, and on the live pages."""

from results_words import EXAMS, percent, points, score_cell, table

from siamese_lib.pages.results import load_result


def ranks_table() -> str:
    rows = [
        row | {exam: percent(row[exam]) for exam in ("unstructured", "within_alphabet")}
        for row in load_result("ranks")["rows"]
    ]
    columns = {"seed": "seed", "ranks": "processes", "seconds": "training, s"}
    columns |= {"unstructured": "unstructured, %", "within_alphabet": "within alphabet, %"}
    return table(rows, columns, {"seconds": 0})


def ranks_sentence() -> str:
    result = load_result("ranks")
    parts = []
    for exam, words in (("unstructured", "unstructured"), ("within_alphabet", "within alphabet")):
        found = result[f"two_minus_one_{exam}"]
        assert found["low"] < 0 < found["high"], "the page says that the intervals hold zero"
        parts.append(f"{points(found['mean'], found['low'], found['high'])} ({words})")
    return ", ".join(parts)


def difference_cell(row: dict) -> str:
    return points(*(row[key] for key in ("difference", "difference_from", "difference_to")))


def robustness_rows(network: str) -> dict[str, dict]:
    """By what the pictures are; of the stored network, its twin, or one of full-56px ("large")."""
    rows = load_result("robustness")["rows"]
    return {row["what"]: row for row in rows if row["network"] == network}


def robustness_table() -> str:
    titles = {"stored": "stored network", "twin": "twin", "large": "`full-56px`"}
    found = {name: robustness_rows(name) for name in titles}
    rows, columns = [], {"what": "pictures"}
    for name, said in titles.items():
        columns |= {name: f"{said}, %", f"{name}_difference": "minus its first row, points"}
    for what in found["stored"]:
        shown = {"what": what}
        for name in titles:
            row = found[name][what]
            shown[name] = score_cell([row])
            if "difference" in row:
                shown[f"{name}_difference"] = difference_cell(row)
        rows.append(shown)
    return table(rows, columns)


def twin_table() -> str:
    """What training with other pens costs on the plain drawings."""
    names = {"stored": "with other pens (the stored network)", "twin": "without (its twin)"}
    exams = load_result("robustness")["exams"]
    rows = [
        {"what": words, **{exam: score_cell([exams[name][exam]]) for exam in EXAMS}}
        for name, words in names.items()
    ]
    return table(rows, {"what": "trained"} | {exam: f"{said}, %" for exam, said in EXAMS.items()})


def door_rows() -> dict[str, dict]:
    return {row["part"]: row for row in load_result("live_door")["rows"]}


def door_table() -> str:
    """The page's renderer and network beside Python's pictures and torch, on the same questions."""
    names = {"official": "official trials, redrawn", "glyphs": "Glyphs, 20-way one-shot"}
    rows = []
    for part, what in names.items():
        row = door_rows()[part]
        shares = {place: percent(row[place]) for place in ("page", "python")}
        rows.append({"what": what, "n": row["n"], **shares, "difference": difference_cell(row)})
    columns = {"what": "questions", "n": "how many", "page": "page, %", "python": "Python, %"}
    return table(rows, columns | {"difference": "page minus Python, points"}, {"n": 0})


def redrawn_sentence() -> str:
    """What drawing with one pen does alone: from the table of filters and pens."""
    alone = percent(robustness_rows("stored")["redrawn, pen x 1"]["accuracy"])
    return (
        f"Drawn again with that pen, but neither centred nor scaled, the official trials are right "
        f"in {alone} % (the table of pens above)."
    )


def door_rates() -> str:
    """The look, the threshold and the speed in words."""
    looks, door, speed = (door_rows()[part] for part in ("looks", "threshold", "speed"))
    named, mistaken, stranger = door["rates"][round(door["threshold"] / door["step"])]
    return (
        f"The training drawings have a pen {looks['pen']:.1f} dots wide on paper of 105, and their "
        f"longest side is {looks['reach']:.0f} dots from middle to middle of the pen (medians of "
        f"{looks['n_drawings']:,}). At the threshold that the page starts with, "
        f"{door['threshold']:.2f}, {percent(named)} % of the visits of {door['enrolled']} enrolled "
        f"characters are named, {percent(mistaken)} % get a wrong name, and {percent(stranger)} % "
        f"of the strangers' visits are let in. One drawing takes {speed['render_ms']:.1f} ms to "
        f"render and {speed['embed_ms']:.0f} ms to embed: medians over hundreds, of "
        f"{speed['n_drawings']:,} drawings; in the slowest hundred the two took "
        f"{speed['slowest_hundred_ms']:.0f} ms."
    )


def playground_table() -> str:
    rows = load_result("playground")["rows"]
    columns = {"window": "window", "setting": "setting", "points": "points"}
    columns |= {"ms": "a frame, ms (median)", "slow_ms": "19 of 20 within, ms"}
    return table(rows, columns, {"ms": 1, "slow_ms": 1})
