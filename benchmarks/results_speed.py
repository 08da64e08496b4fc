"""The results page's tables of how long things take."""

from results_words import percent, table

from siamese_lib.pages.results import load_result


def losses_table() -> str:
    rows = [
        {**row, "range": f"{row['ratio_from']:.1f} to {row['ratio_to']:.1f}"}
        for row in load_result("losses_and_miners")["rows"]
    ]
    columns = {"what": "what", "batch": "batch", "ours_ms": "ours, ms", "theirs_ms": "theirs, ms"}
    columns |= {"ratio": "theirs / ours", "range": "range"}
    columns |= {"ours_mb": "ours, MB", "theirs_mb": "theirs, MB"}
    rows.sort(key=lambda row: (row["kind"], row["what"], row["batch"]))
    digits = {"batch": 0, "ours_ms": 2, "theirs_ms": 2, "ratio": 1, "ours_mb": 1, "theirs_mb": 1}
    return table(rows, columns, digits)


def times_table() -> str:
    rows = [row for row in load_result("pipeline_and_evaluation")["rows"] if "ms" in row]
    columns = {"what": "what", "ms": "ms (median)", "ms_from": "from", "ms_to": "to"}
    return table(rows, columns, {"ms": 1, "ms_from": 1, "ms_to": 1})


def pipeline_sentence() -> str:
    row = next(r for r in load_result("pipeline_and_evaluation")["rows"] if "ratio" in r)
    ours, theirs = (1000 * row["images"] / row[key] for key in ("ours_ms", "theirs_ms"))
    return (
        f"On the device at once: {ours:,.0f} images a second. A DataLoader with two workers, "
        f"torchvision's affine transform on each image: {theirs:,.0f}. Ratio {row['ratio']:.0f} "
        f"({row['ratio_from']:.0f} to {row['ratio_to']:.0f}), alternating."
    )


LOOPS = {
    "fit": "`fit`",
    "plain loop": "plain loop",
    "trainer": "`MetricLossOnly`",
}
AUGMENTATIONS = {
    "whole batch": "whole batch at once",
    "each image": "image by image",
    "none": "none",
}


def trainers_table() -> str:
    rows = [
        {
            **row,
            "loop": LOOPS[row["loop"]],
            "augmentation": AUGMENTATIONS[row["augmentation"]],
            "workers": None if row["loop"] == "fit" else row["workers"],
            "speeds": f"{row['images_per_second_from']:,.0f} to {row['images_per_second_to']:,.0f}",
            "range": f"{row['ratio_from']:.2f} to {row['ratio_to']:.2f}",
        }
        for row in load_result("trainers")["rows"]
    ]
    columns = {"loop": "loop", "augmentation": "augmentation", "workers": "workers"}
    columns |= {"images_per_second": "images a second", "speeds": "from, to"}
    columns |= {"ratio": "`fit` / this one", "range": "range"}
    return table(rows, columns, {"images_per_second": 0, "ratio": 2})


def trainers_sentence() -> str:
    """Each loop as it is commonly fed, with the workers that suit it; then with what differs."""
    rows = load_result("trainers")["rows"]
    (ours,) = (row for row in rows if (row["loop"], row["augmentation"]) == ("fit", "whole batch"))
    parts = []
    for augmentation in ("each image", "whole batch"):
        best = [
            max(
                (r for r in rows if (r["loop"], r["augmentation"]) == (loop, augmentation)),
                key=lambda row: row["images_per_second"],
            )
            for loop in ("plain loop", "trainer")
        ]
        parts.append(" and ".join(_ratio_words(row) for row in best))
    return (
        f"`fit` trains on {ours['images_per_second']:,.0f} images a second. Augmented image by "
        f"image, with as many workers as suit it best: {parts[0]}. With the library's "
        f"augmentation of the whole batch: {parts[1]}."
    )


def _ratio_words(row: dict) -> str:
    return (
        f"{LOOPS[row['loop']]} {row['images_per_second']:,.0f} ({row['workers']} workers, ratio "
        f"{row['ratio']:.2f}, {row['ratio_from']:.2f} to {row['ratio_to']:.2f})"
    )


def search_table() -> str:
    rows = [
        {
            **row,
            **{key: percent(row[key]) for key in ("recall_1", "recall_10", "mate_first")},
            "spread": f"{row['one_ms_from']:.3g} to {row['one_ms_to']:.3g}",
        }
        for row in load_result("search")["rows"]
    ]
    columns = {"gallery": "drawings", "kind": "kind", "setting": "looks at"}
    columns |= {"build_seconds": "build, s", "megabytes": "MB", "one_ms": "one by one, ms"}
    columns |= {"spread": "from, to", "hundred_ms": "in a batch of 100, ms"}
    columns |= {"recall_1": "nearest found first, %", "recall_10": "of ten nearest found, %"}
    columns |= {"mate_first": "same character first, %"}
    digits = {"gallery": 0, "build_seconds": 2, "megabytes": 1, "one_ms": 2, "hundred_ms": 3}
    return table(rows, columns, digits)
