"""How the results page writes its numbers."""

from statistics import fmean

from siamese_lib.pages.results import load_result

EXAMS = {
    "official_trials": "400 official trials",
    "unstructured": "unstructured",
    "within_alphabet": "within alphabet",
}


def percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f}"


def score_cell(values: list[dict]) -> str:
    """The score and its interval over questions: of one seed, or the mean of these over seeds."""
    mean, low, high = (fmean(value[key] for value in values) for key in ("accuracy", "low", "high"))
    return f"{percent(mean)} ({percent(low)} to {percent(high)})"


def points(mean: float, low: float, high: float) -> str:
    return f"{100 * mean:.1f} [{100 * low:.1f} to {100 * high:.1f}]"


def table(rows: list[dict], columns: dict[str, str], digits: dict[str, int] | None = None) -> str:
    """A Markdown table: ``columns`` maps keys of the rows to headings."""
    lines = ["| " + " | ".join(columns.values()) + " |", "| --- " * len(columns) + "|"]
    for row in rows:
        cells = []
        for key in columns:
            value = row.get(key)
            places = (digits or {}).get(key)
            if value is None:
                cells.append("")
            else:
                cells.append(f"{value:,.{places}f}" if places is not None else f"{value}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def provenance(name: str) -> str:
    result = load_result(name)
    made = result["made"]
    return (
        f"*{result['protocol']} Made with `{result['command']}` on {made['date']}: "
        f"{made['machine']}, {made['device']}, Python {made['python']}, PyTorch {made['torch']}.*"
    )
