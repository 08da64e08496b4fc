"""All that this project owes on CUDA, in one command and ten minutes.

    python benchmarks/on_gpu.py --pack ../shared/data    where the data is: Omniglot into .device/
    python benchmarks/on_gpu.py                          where the GPU is
    python benchmarks/on_gpu.py --dry-run                anywhere: every part on the CPU, tiny

Each part runs in a process of its own, so that one that fails takes nothing else with it, and what
is found is written at once: to siamese_lib/pages/results/on_gpu.json, and to ``--out``. Parts come
in the order of their worth; the recipe is trained with as many seeds as the time allows. Needs
only PyTorch, NumPy, safetensors and Pillow; a part that needs more says so and is left out.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKED = ROOT / ".device"
ARCHIVES = ("images_background.zip", "images_evaluation.zip", "all_runs.zip")
RECIPE = "recipe gpu"
SEEDS = (0, 1, 2)
PARTS = (
    "agreement",
    "waits",
    "precision",
    "chapter 6",
    "losses",
    *(f"{RECIPE} {s}" for s in SEEDS),
)
PROTOCOL = (
    "Agreement: losses, miners, networks on the device and on the CPU, largest relative "
    "difference. Waits: one training step under PyTorch's sync debug mode. Precision: the fast "
    "network, supervised contrastive, the same seed and steps, one-shot accuracy on held-out "
    "background alphabets. Chapter 6 and losses: in turn, medians of rounds. Recipe: trained and "
    "measured once as by python -m siamese_lib train."
)


def pack(data: Path) -> None:
    """Copy the archives to where the other machine gets them from: an ignored folder."""
    folder = PACKED / "omniglot-py"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ARCHIVES:
        shutil.copy(data / "omniglot-py" / name, folder)
    size = sum(file.stat().st_size for file in folder.iterdir()) / 2**20
    print(f"{PACKED.name}: {size:.1f} MiB; carry it with the checkout")
    if size > 60:
        raise SystemExit("more than 60 MiB: too much to carry")


def environment() -> dict[str, str]:
    found = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    if PACKED.is_dir():
        found["SIAMESE_DATA"] = str(PACKED)
    return found


def command_of(part: str, device: str, dry: bool) -> list[str]:
    if not part.startswith(RECIPE):
        tiny = ["--tiny"] if dry else []
        parts = ROOT / "benchmarks" / "on_gpu_parts.py"
        return [sys.executable, str(parts), part, "--device", device, *tiny]
    recipe = "quick" if dry else RECIPE.split()[1]
    command = [sys.executable, "-m", "siamese_lib", "train", "--recipe", recipe]
    command += ["--seed", part.split()[-1], "--device", device, "--out", str(PACKED / "weights")]
    return command + (["--steps", "2", "--episodes", "5", "--source", "glyphs"] if dry else [])


def run(part: str, device: str, dry: bool, timeout: float) -> dict:
    """The part's row; what went wrong is a row as well."""
    began = time.perf_counter()
    try:
        done = subprocess.run(
            command_of(part, device, dry),
            env=environment(),
            capture_output=True,
            text=True,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired:
        return {"part": part, "problem": f"not done after {timeout:.0f} s"}
    took = {"part": part, "wall_seconds": round(time.perf_counter() - began, 1)}
    if done.returncode:
        return took | {"problem": without_folders(done.stderr or done.stdout)[-1500:]}
    return took | {"found": json.loads(done.stdout.splitlines()[-1])}


def without_folders(text: str) -> str:
    """A traceback without the folders of the machine: what is stored is public."""
    quoted = re.sub(r"""(?<=["'])/[^"'\n]*/""", "", text.replace(f"{ROOT}/", ""))
    return re.sub(r"(?m)(?:^|(?<=\s))/\S*/(?=\S+:\d+)", "", quoted)


def write(out: Path | None, rows: list[dict]) -> None:
    from siamese_lib.pages.results import store_result

    path = store_result("on_gpu", "python benchmarks/on_gpu.py", PROTOCOL, rows)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, out)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pack", type=Path, metavar="DATA")
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--budget", type=float, default=560, help="seconds for all (560)")
    parser.add_argument("--out", type=Path, help="a JSON file to write as well")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, metavar="PART")
    arguments = parser.parse_args()
    if arguments.pack:
        pack(arguments.pack)
        return 0
    until = time.perf_counter() + arguments.budget
    device, rows, longest = "cpu" if arguments.dry_run else "cuda", [], 0.0
    PACKED.mkdir(exist_ok=True)
    for part in arguments.parts:
        left = until - time.perf_counter()
        if part.startswith(RECIPE) and left < longest:  # another seed would not come to its end
            rows.append({"part": part, "problem": f"left out: {left:.0f} s were left"})
        else:
            rows.append(run(part, device, arguments.dry_run, max(left, 1)))
        if part.startswith(RECIPE):
            longest = max(longest, 1.1 * rows[-1].get("wall_seconds", 0))
        print(json.dumps(rows[-1])[:3000], flush=True)
        if not arguments.dry_run:
            write(arguments.out, rows)
    return int(any("problem" in row for row in rows))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    raise SystemExit(main())
