"""Write the book's results page, book/results.md, and its figures from the stored results.

    python benchmarks/results_page.py

Nothing on the page is typed by hand but the published landmarks, with their sources. A test holds
the page against what this program would write.
"""

from functools import partial
from pathlib import Path
from statistics import fmean

import matplotlib.pyplot as plt
from results_photographs import maps_table, photographs_table, tuning_sentence
from results_practice import (
    door_rates,
    door_table,
    playground_table,
    ranks_sentence,
    ranks_table,
    redrawn_sentence,
    robustness_table,
    twin_table,
)
from results_speed import (
    losses_table,
    pipeline_sentence,
    search_table,
    times_table,
    trainers_sentence,
    trainers_table,
)
from results_words import EXAMS, percent, points, provenance, score_cell, table

from siamese_lib.metrics import paired_difference, wilson_interval
from siamese_lib.pages.results import FOLDER, load_result
from siamese_lib.pages.show import DIFFERENT, HIGHLIGHT, NEUTRAL, SAME, use_book_style
from siamese_lib.recipes import RECIPES

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "book" / "results.md"
FIGURES = ROOT / "book" / "_static" / "results"
# Says that the modified Hausdorff distance makes 38.8 % errors.
DEMO = (
    "https://github.com/brendenlake/omniglot/blob/master/python/one-shot-classification/"
    "demo_classification.py"
)
# Right on the 400 trials, as published; their sources are cited on the page.
PUBLISHED = {
    "BPL": (0.967, "lake2015"),
    "people": (0.955, "lake2015"),
    "Koch's Siamese net": (0.920, "koch2015"),
    "convnet": (0.865, "lake2015"),
    "Hausdorff": (0.612, "dubuisson1994"),
}


def gpu_section() -> str:
    if not (FOLDER / "on_gpu.json").is_file():
        return (
            "`python benchmarks/on_gpu.py` measures what a GPU does with this library. No GPU was "
            "available, so nothing is known here about speed or agreement on CUDA."
        )
    columns = {"part": "part", "what": "what", "value": "value", "unit": "unit"}
    rows = load_result("on_gpu")["rows"]
    return table(rows, columns, {"value": 3}) + "\n\n" + provenance("on_gpu")


def runs_by_recipe() -> dict[tuple[str, str | None], list[dict]]:
    groups: dict = {}
    for row in load_result("recipes")["rows"]:
        groups.setdefault((row["recipe"], row["split"]), []).append(row)
    return groups


def title(recipe: str, split: str | None) -> str:
    return f"`{recipe}`" + (f" ({split})" if recipe == "minimal" else "")


def recipes_table() -> str:
    lines = [
        "| recipe | seeds | training, s | 400 official trials, % "
        "| unstructured, % | within alphabet, % |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for (recipe, split), rows in runs_by_recipe().items():
        cells = [score_cell([row[exam] for row in rows]) for exam in EXAMS]
        lines.append(
            f"| {title(recipe, split)} | {len(rows)} | {seconds_cell(rows)} | "
            + " | ".join(cells)
            + " |"
        )
    return "\n".join(lines)


def seconds_cell(rows: list[dict]) -> str:
    """From the shortest to the longest training, apart by the number of cores that they had."""
    parts = []
    for threads in sorted({row["threads"] for row in rows}, reverse=True):
        seconds = sorted(row["training_seconds"] for row in rows if row["threads"] == threads)
        span = f"{seconds[0]:.0f}" + (f" to {seconds[-1]:.0f}" if len(seconds) > 1 else "")
        parts.append(f"{span} (on {threads})")
    return ", ".join(parts)


def weights_sentence() -> str:
    """How large the networks are."""
    sizes: dict[int, list[str]] = {}
    for (recipe, _), rows in runs_by_recipe().items():
        names = sizes.setdefault(rows[0]["weights"], [])
        names += [] if f"`{recipe}`" in names else [f"`{recipe}`"]
    return "; ".join(f"{', '.join(names)}: {size:,} weights" for size, names in sizes.items())


def seed_by_seed(one: str, other: str) -> str:
    """One recipe minus another, paired by seed, in points."""
    groups = {recipe: rows for (recipe, _), rows in runs_by_recipe().items()}
    first, second = groups[one], groups[other]
    assert [row["seed"] for row in first] == [row["seed"] for row in second]
    parts = []
    for exam, name in EXAMS.items():
        pairs = [[row[exam]["accuracy"] for row in rows] for rows in (first, second)]
        parts.append(f"{points(*paired_difference(*pairs))} ({name})")
    return ", ".join(parts)


def ensemble_sentence() -> str:
    """What all seeds of one recipe reach together."""
    row = load_result("ensemble")["rows"][0]
    scores = ", ".join(f"{score_cell([row[exam]])} % {name}" for exam, name in EXAMS.items())
    return (
        f"For comparison, the {len(row['seeds'])} networks of `{row['recipe']}` as one (their "
        f"embeddings joined): {scores}."
    )


KINDS = {
    "official": "the official trials",
    "other hands": "their characters, hands drawn at random",
    "other characters": "their hands, characters drawn at random from the same alphabets",
    "other characters and hands": "characters and hands drawn at random, the same ten alphabets",
    "hands mixed": "the same, and each character by two hands of its own",
    "all alphabets": "all twenty alphabets, one hand for the examples and one for the questions",
    "all alphabets, hands mixed": "all twenty alphabets, hands mixed: `within_alphabet`",
}


def trials_table() -> str:
    rows = [
        {
            "what": KINDS[row["kind"]],
            "alphabets": row["alphabets"],
            "right": score_cell([row]),
            "less": points(row["official_minus"], row["minus_low"], row["minus_high"])
            if "official_minus" in row
            else "",
        }
        for row in load_result("official_trials")["rows"]
    ]
    columns = {"what": "runs of 20 questions", "alphabets": "alphabets", "right": "right, %"}
    return table(rows, columns | {"less": "official trials minus these, points"})


def trials_question() -> str:
    right = {row["kind"]: row["accuracy"] for row in load_result("official_trials")["rows"]}
    return (
        f"The stored network is right in {percent(right['official'])} % of the official trials, "
        f"and in {percent(right['all alphabets, hands mixed'])} % of random questions within one "
        "alphabet."
    )


def worth_sentence() -> str:
    """What the choice of one thing is worth, with the other one as chosen, and at random."""
    right = {row["kind"]: 100 * row["accuracy"] for row in load_result("official_trials")["rows"]}
    official, neither = right["official"], right["other characters and hands"]
    one, other = right["other characters"], right["other hands"]
    characters = official - one, other - neither
    hands = official - other, one - neither
    mixed = neither - right["hands mixed"]
    mixed_of_all = right["all alphabets"] - right["all alphabets, hands mixed"]
    return (
        f"The choice of characters is worth {characters[0]:.1f} points with the hands of the "
        f"trials, and {characters[1]:.1f} with hands drawn at random; that of hands "
        f"{hands[0]:.1f} with the characters of the trials, and {hands[1]:.1f} with others. Mixed "
        f"hands took {mixed:.1f} more ({mixed_of_all:.1f} with twenty alphabets), all twenty "
        f"alphabets in place of ten {neither - right['all alphabets']:.1f}; these sums have no "
        "interval."
    )


def trials_sentence() -> str:
    result = load_result("official_trials")
    official, exams = result["rows"][0], result["exams"]
    runs = result["over_runs"]
    low, high = wilson_interval(official["accuracy"], 400)
    above = sum(exam >= official["accuracy"] for exam in exams)
    return (
        f"Of {len(exams)} exams of the official size drawn in the way of the fourth row, "
        f"{above or 'none'} reached {percent(official['accuracy'])} %; the best had "
        f"{percent(max(exams))} %. The questions of a run share their examples, so 400 trials are "
        f"not 400 independent ones, as Wilson's interval takes them to be ({percent(low)} to "
        f"{percent(high)} %). For this network an interval over the 20 runs (Student's t) is "
        f"{percent(runs['low'])} to {percent(runs['high'])} %."
    )


def recipes_list() -> str:
    return "\n".join(
        f"- **`{recipe.name}`**: {recipe.about} {recipe.settings.steps:,} steps of "
        f"{recipe.settings.batch_size} images of {recipe.size} px, `{recipe.backbone}`"
        f"{', four quarter turns joined' if recipe.joined_turns else ''}. "
        f"Chosen: {recipe.chosen_on}"
        for recipe in RECIPES.values()
    )


def seeds_table() -> str:
    lines = ["| recipe | seed | " + " | ".join(f"{exam}, %" for exam in EXAMS.values()) + " |"]
    lines.append("| --- " * (len(EXAMS) + 2) + "|")
    for (recipe, split), rows in runs_by_recipe().items():
        for row in rows:
            cells = [score_cell([row[exam]]) for exam in EXAMS]
            name = title(recipe, split)
            lines.append(f"| {name} | {row['seed']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def landmarks_figure() -> None:
    """Wilson's interval for all: that of one network on 400 trials. Seeds are dots beside it."""
    rows = {name: (value, []) for name, (value, _) in PUBLISHED.items()}
    for (recipe, split), runs in runs_by_recipe().items():
        seeds = [run["official_trials"]["accuracy"] for run in runs]
        rows[title(recipe, split).replace("`", "")] = (fmean(seeds), seeds)
    rows = dict(sorted(rows.items(), key=lambda item: item[1][0]))
    figure, ax = plt.subplots(figsize=(7, 0.32 * len(rows) + 0.8))
    for place, (name, (value, seeds)) in enumerate(rows.items()):
        colour = NEUTRAL if name in PUBLISHED else SAME
        if name != "people":  # not 400 trials: many people, no interval here
            ends = [100 * end for end in wilson_interval(value, 400)]
            ax.plot(ends, [place, place], color=colour, lw=3, alpha=0.4)
        dots = seeds or [value]
        ax.plot([100 * dot for dot in dots], [place] * len(dots), "o", color=colour, ms=5)
    ax.set(yticks=range(len(rows)), yticklabels=list(rows), xlabel="400 official trials, % right")
    save(figure, "landmarks")


def levers_figure() -> None:
    rows = [row for row in load_result("levers")["rows"] if row["lever"] != "base"]
    base = next(row for row in load_result("levers")["rows"] if row["lever"] == "base")
    rows.sort(key=lambda row: row["within_alphabet"])
    figure, ax = plt.subplots(figsize=(7, 0.28 * len(rows) + 0.9))
    for place, row in enumerate(rows):
        for exam, colour, shift in (
            ("unstructured", HIGHLIGHT, 0.1),
            ("within_alphabet", SAME, -0.1),
        ):
            gain = 100 * (row[exam] - base[exam])
            ax.plot([0, gain], [place + shift] * 2, color=colour, lw=1.5)
            label = EXAMS[exam] if place == 0 else None
            ax.plot(gain, place + shift, "o", ms=4, color=colour, label=label)
    ax.axvline(0, color=DIFFERENT, lw=1)
    ax.set(yticks=range(len(rows)), yticklabels=[row["lever"] for row in rows])
    ax.set(xlabel="points gained or lost beside the base")
    ax.legend(loc="upper left", fontsize=9)
    save(figure, "levers")


def curve_figure() -> None:
    figure, ax = plt.subplots(figsize=(6, 3))
    colours = {"fast": DIFFERENT, "compact": HIGHLIGHT, "sharp": SAME}
    rows = load_result("learning_curve")["rows"]
    for backbone, colour in colours.items():
        mine = [row for row in rows if row["backbone"] == backbone]
        seconds = [row["seconds"] for row in mine]
        within = [100 * row["within_alphabet"] for row in mine]
        ax.plot(seconds, within, "o-", color=colour, label=backbone)
        ax.plot(seconds, [100 * row["unstructured"] for row in mine], "o--", color=colour, mfc="w")
    ax.set(xscale="log", xlabel="seconds of training", ylabel="held out, % right")
    ax.set_xticks([2, 5, 10, 20, 50], [2, 5, 10, 20, 50])
    ax.minorticks_off()
    ax.legend(loc="lower right")
    save(figure, "learning_curve")


def save(figure: plt.Figure, name: str) -> None:
    FIGURES.mkdir(parents=True, exist_ok=True)
    # Without a date and with fixed ids, the same results give the same file.
    plt.rcParams["svg.hashsalt"] = name
    figure.savefig(FIGURES / f"{name}.svg", metadata={"Date": None})
    plt.close(figure)


def baselines_table() -> str:
    lines = ["| scorer | side, px | " + " | ".join(f"{exam}, %" for exam in EXAMS.values()) + " |"]
    lines.append("| --- " * (len(EXAMS) + 2) + "|")
    for row in load_result("baselines")["rows"]:
        cells = [score_cell([row[exam]]) if exam in row else "" for exam in EXAMS]
        lines.append(f"| {row['scorer']} | {row['size']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def page() -> str:
    published = ", ".join(
        f"{name} {percent(value)} ({{cite:t}}`{source}`)"
        for name, (value, source) in PUBLISHED.items()
        if name != "Hausdorff"
    )
    published += (
        f", Hausdorff {percent(PUBLISHED['Hausdorff'][0])} ({{cite:t}}`dubuisson1994`, measured by "
        f"[Omniglot's demo]({DEMO}))"
    )
    template = (Path(__file__).parent / "results_page.md").read_text("utf8")
    parts = {
        "recipes_table": recipes_table,
        "recipes_list": recipes_list,
        "weights_sentence": weights_sentence,
        "seeds_table": seeds_table,
        "ensemble_sentence": ensemble_sentence,
        "full_minus_quick": partial(seed_by_seed, "full", "quick"),
        "large_minus_full": partial(seed_by_seed, "full-56px", "full"),
        "trials_table": trials_table,
        "trials_question": trials_question,
        "worth_sentence": worth_sentence,
        "trials_sentence": trials_sentence,
        "published": lambda: published,
        "baselines_table": baselines_table,
        "losses_table": losses_table,
        "times_table": times_table,
        "search_table": search_table,
        "pipeline_sentence": pipeline_sentence,
        "trainers_table": trainers_table,
        "trainers_sentence": trainers_sentence,
        "gpu_section": gpu_section,
        "ranks_table": ranks_table,
        "ranks_sentence": ranks_sentence,
        "robustness_table": robustness_table,
        "twin_table": twin_table,
        "door_table": door_table,
        "door_rates": door_rates,
        "playground_table": playground_table,
        "redrawn_sentence": redrawn_sentence,
        "photographs_table": photographs_table,
        "tuning_sentence": tuning_sentence,
        "maps_table": maps_table,
    }
    for name, make in parts.items():
        template = template.replace(f"<<{name}>>", make())
    for name in (
        *("recipes", "levers", "learning_curve", "baselines"),
        *("losses_and_miners", "pipeline_and_evaluation", "official_trials", "search"),
        *("trainers", "ensemble", "ranks", "robustness", "live_door", "playground"),
        "photographs",
    ):
        template = template.replace(f"<<provenance {name}>>", provenance(name))
    return template


def main() -> None:
    use_book_style()
    landmarks_figure()
    levers_figure()
    curve_figure()
    PAGE.write_text(page(), "utf8")
    print(PAGE.relative_to(ROOT))


if __name__ == "__main__":
    main()
