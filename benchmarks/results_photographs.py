"""The results page's part on photographs (chapter 15)."""

from results_words import percent, table

from siamese_lib.pages.results import load_result

WAYS = {
    ("backbone", "nearest"): "frozen backbone, nearest",
    ("backbone", "prototype"): "frozen backbone, prototype",
    ("backbone", "linear"): "frozen backbone, linear head (ridge)",
    ("backbone", "start"): "the same, features in full precision",
    ("backbone", "softmax"): "the same, trained on as a softmax layer",
    ("backbone", "fine-tuned"): "the same, and the last block fine-tuned",
    ("histogram", "nearest"): "colour histogram, nearest",
    ("pixels", "nearest"): "pixels, nearest",
}
EXAMPLES = ("catalogue", "1", "2", "5", "10", "20", "all")


def photographs_table() -> str:
    found = {
        (row["features"], row["way"], row["examples"]): row
        for row in load_result("photographs")["rows"]
    }
    rows = []
    for (features, way), name in WAYS.items():
        cells = {"way": name}
        for examples in EXAMPLES:
            row = found.get((features, way, examples))
            if row is not None:
                cells[examples] = percent(row["mean"])
                if "low" in row:
                    cells[examples] += f" ({percent(row['low'])} to {percent(row['high'])})"
        rows.append(cells)
    return table(rows, {"way": "", **{examples: examples for examples in EXAMPLES}})


def tuning_sentence() -> str:
    rows = [row for row in load_result("photographs")["rows"] if row["way"] == "fine-tuned"]
    names = {"all": "all training photographs", "5": "five photographs of each product"}
    said = []
    for row in rows:
        n, examples = len(row["scores"]), names[row["examples"]]
        if "gain" in row:
            gain, low, high = (100 * row[key] for key in ("gain", "gain_low", "gain_high"))
            said.append(
                f"With {examples}, fine-tuning changes the score of the same layer by {gain:+.1f} "
                f"points ({low:+.1f} to {high:+.1f}, paired over {n} seeds)."
            )
        else:
            said.append(f"Fine-tuning with {examples} was run with one seed.")
    return " ".join(said)


def maps_table() -> str:
    rows = [
        {
            "map": row["map"],
            "fall": f"{row['mean']:.3f} ({row['low']:.3f} to {row['high']:.3f})",
            "gain": f"{row['gain']:+.3f} ({row['gain_low']:+.3f} to {row['gain_high']:+.3f})"
            if row["map"] != "random"
            else "",
        }
        for row in load_result("photographs")["maps"]
    ]
    columns = {"map": "cells named by", "fall": "similarity falls by", "gain": "more than random"}
    return table(rows, columns)
