"""The results page's section of what on_gpu.py has measured, or that nobody has run it yet."""

from collections.abc import Callable

from on_gpu import PARTS, RECIPE
from results_words import EXAMS, percent, provenance, score_cell, table

from siamese_lib.pages import results

NOT_RUN = (
    "`python benchmarks/on_gpu.py` measures what a GPU does with this library; it has not been "
    "run, for want of a GPU, so nothing is known here about speed or agreement on CUDA."
)
THEIRS = ", theirs"


def agreement(found: dict) -> str:
    rows = [{"what": name, "apart": f"{value:.1e}"} for name, value in found["each"].items()]
    return table(rows, {"what": "what", "apart": "relative difference to the CPU"})


def waits(found: dict) -> str:
    if not found["checked"]:
        return "Only CUDA can tell whether a step waits for the device; this was another device."
    return "A training step never waits for the GPU: PyTorch's sync debug mode found no place."


def precision(found: dict) -> str:
    rows = [
        {"format": name, **figures, "held_out": percent(figures["held_out"])}
        for name, figures in found.items()
    ]
    columns = {"format": "number format", "seconds": "training, s"}
    columns |= {"images_per_second": "images a second", "held_out": "held out, %", "data": "on"}
    return table(rows, columns, {"seconds": 1, "images_per_second": 0})


def steps(found: dict) -> str:
    rows = [{"step": name, "ms": value} for name, value in found.items()]
    return table(rows, {"step": "forward and backward", "ms": "ms (median)"}, {"ms": 2})


def losses(found: dict) -> str:
    """Ours and theirs, where pytorch-metric-learning was there to compare with."""
    rows = []
    for size, times in found.items():
        for name in (name for name in times if not name.endswith(THEIRS)):
            row = {"what": name, "batch": int(size), "ours": times[name]}
            if f"{name}{THEIRS}" in times:
                row["theirs"] = times[f"{name}{THEIRS}"]
                row["ratio"] = row["theirs"] / row["ours"]
            rows.append(row)
    columns = {"what": "what", "batch": "batch", "ours": "ours, ms", "theirs": "theirs, ms"}
    digits = {"batch": 0, "ours": 2, "theirs": 2, "ratio": 1}
    return table(rows, columns | {"ratio": "theirs / ours"}, digits)


def recipes(trainings: list[dict]) -> str:
    rows = [{**row, **{exam: score_cell([row[exam]]) for exam in EXAMS}} for row in trainings]
    columns = {"recipe": "recipe", "seed": "seed", "steps": "steps"}
    columns |= {"training_seconds": "training, s", "images_per_second": "images a second"}
    columns |= {"peak_memory_mb": "memory, MB", "measured_on": "measured on"}
    columns |= {exam: f"{name}, %" for exam, name in EXAMS.items()}
    digits = {"steps": 0, "training_seconds": 0, "images_per_second": 0, "peak_memory_mb": 0}
    return table(rows, columns, digits)


SHOWN: dict[str, tuple[str, Callable[[dict], str]]] = {
    "agreement": ("The same answers as the CPU", agreement),
    "waits": ("Nothing to wait for", waits),
    "precision": ("Number formats", precision),
    "chapter 6": ("One step of 128 images", steps),
    "losses": ("Losses and miners", losses),
}


def gpu_section() -> str:
    """Each part under a heading of its own; one that failed or was left out says so."""
    if not (results.FOLDER / "on_gpu.json").is_file():
        return NOT_RUN
    rows = {row["part"]: row for row in results.load_result("on_gpu")["rows"]}
    blocks = []
    for part, (heading, show) in SHOWN.items():
        row = rows.get(part, {})
        blocks += [f"### {heading}", show(row["found"]) if "found" in row else missing(part, row)]
    blocks.append("### The recipe")
    trainings = {part: rows.get(part, {}) for part in PARTS if part.startswith(RECIPE)}
    done = [row["found"] for row in trainings.values() if "found" in row]
    blocks += [recipes(done)] if done else []
    blocks += [missing(part, row) for part, row in trainings.items() if "found" not in row]
    return "\n\n".join([*blocks, provenance("on_gpu")])


def missing(part: str, row: dict) -> str:
    """Why a part has no figures: the last line of what it said, as code."""
    if not row:
        return f"*{part}* has not been run."
    lines = row["problem"].strip().splitlines() or ["it ended without a word"]
    return f"*{part}* has no figures: `{lines[-1].replace('`', chr(39))[:300]}`"
