"""``python -m siamese_lib train`` and ``python -m siamese_lib evaluate``.

Over several processes: ``python -m torch.distributed.run --nproc-per-node 2 -m siamese_lib train``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import torch

from siamese_lib.checkpoints import load_into
from siamese_lib.checks import check_counts
from siamese_lib.data import SOURCES, NotAvailableError, resolve_source
from siamese_lib.devices import precision_on
from siamese_lib.distributed import n_ranks, own_device, process_group, this_rank
from siamese_lib.files import display_path
from siamese_lib.recipes.measuring import measure
from siamese_lib.recipes.pretrained import NAMES, weights_file
from siamese_lib.recipes.recipes import RECIPES, Recipe, recipe_named
from siamese_lib.recipes.run import build_network, train
from siamese_lib.stored_tensors import StoredFileError, read_tensors, write_tensors

# Pixels: larger than any drawing of Omniglot (105), and small enough for a set of them in memory.
MAX_SIDE = 224


def main(words: list[str] | None = None) -> int:
    """Carry out a command line; returns 0, or 2 with a sentence on standard error."""
    arguments = _parser().parse_args(words)
    try:
        device = own_device(arguments.device)
        with process_group(device):
            if arguments.command == "train":
                row = _train(arguments, device)
            else:
                row = _evaluate(arguments, device)
    except (ValueError, OSError, NotAvailableError) as error:
        print(f"siamese_lib: {error}", file=sys.stderr)
        return 2
    if row is not None:
        print(json.dumps(row))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m siamese_lib", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    recipes = "; ".join(f"{recipe.name}: {recipe.about}" for recipe in RECIPES.values())
    training = commands.add_parser("train", help="train a network by a recipe and measure it")
    training.add_argument("--recipe", choices=list(RECIPES), required=True, help=recipes)
    training.add_argument("--split", help="background, small1 or small2; by default the recipe's")
    training.add_argument("--seed", type=int, default=0)
    training.add_argument("--steps", type=int, help="fewer (or more) steps than the recipe has")
    training.add_argument(
        "--checkpoint", type=Path, help="save the run here now and then, and go on from there"
    )
    training.add_argument("--out", type=Path, required=True, help="file for the weights")
    measuring = commands.add_parser("evaluate", help="measure stored weights")
    measuring.add_argument(
        "--weights",
        default=NAMES[0],
        help=f"a file, or a stored network: {', '.join(NAMES)} (the default)",
    )
    for command in (training, measuring):
        command.add_argument("--source", choices=SOURCES, default="auto")
        command.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
        command.add_argument("--episodes", type=int, default=1000)
    return parser


def _train(arguments: argparse.Namespace, device: torch.device) -> dict | None:
    """Train on all ranks; the first writes, prints and measures, and has the row."""
    recipe = recipe_named(arguments.recipe)
    if arguments.split is not None:
        recipe = recipe.but(split=arguments.split)
    if arguments.steps is not None:
        recipe = recipe.but(steps=arguments.steps)
    source = resolve_source(arguments.source)
    # Found out before the training rather than after it.
    check_counts(episodes=arguments.episodes)
    _check_writable(arguments.out)
    if this_rank() == 0:
        print(f"{recipe.name}: {recipe.about} Seed {arguments.seed}, {source}, on {device}.")
    network, _, seconds = train(
        recipe, source, arguments.seed, device, checkpoint=arguments.checkpoint
    )
    if this_rank() > 0:
        return None
    about = {"recipe": recipe.as_dict(), "seed": arguments.seed, "source": source}
    write_tensors(arguments.out, network.state_dict(), about)
    print(f"trained in {seconds:.0f} s; the weights are in {arguments.out}")
    images = recipe.settings.steps * recipe.settings.batch_size
    trained = {
        "ranks": n_ranks(),
        "precision": precision_on(device, recipe.settings.precision),
        "training_seconds": round(seconds, 1),
        "images_per_second": round(images / seconds),
    }
    return _measured(network, about, device, source, arguments.episodes, trained)


def _check_writable(out: Path) -> None:
    """Raise OSError unless a file can be written there."""
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.is_dir():
        raise OSError(f"--out {out} is a folder: name a file in it")
    with tempfile.TemporaryFile(dir=out.parent):
        pass


def _evaluate(arguments: argparse.Namespace, device: torch.device) -> dict:
    began = time.perf_counter()
    network, about = network_from(_weights_file(arguments.weights))
    loaded = {"load_seconds": round(time.perf_counter() - began, 3)}
    source = resolve_source(arguments.source)
    return _measured(network.to(device), about, device, source, arguments.episodes, loaded)


def _weights_file(weights: str) -> Path:
    """The file of that name, or of the stored network that is called so."""
    return weights_file(weights) if weights in NAMES else Path(weights)


def network_from(path: str | Path, *, max_side: int = MAX_SIDE) -> tuple[torch.nn.Module, dict]:
    """The network of a weights file that ``train`` wrote, and what is stored about it.

    Weights in 16 bits become 32-bit ones. The network is in evaluation mode, on the CPU. The file
    may be from a stranger: its recipe is built without memory first, and compared with the weights
    that are in the file.

    Args:
        path: The file.
        max_side: Largest side, in pixels, of the images that the recipe may ask for.

    Raises:
        FileNotFoundError: no such file.
        StoredFileError: If the file is damaged, was not written by ``python -m siamese_lib
            train``, or asks for larger images than ``max_side``.
    """
    tensors, about = read_tensors(path, "weights file")
    where = display_path(path)
    try:
        recipe = Recipe.from_dict(about["recipe"])
        inside = recipe.backbone_arguments.get("size", recipe.size)
        for side in (recipe.size, inside):
            check_counts(size=side)
            if side > max_side:
                raise StoredFileError(
                    f"the recipe in {where} is for images of {side:,} px, more than "
                    f"max_side={max_side:,}: pass a larger max_side if you trust the file"
                )
        # On this device tensors have shapes and no values.
        with torch.device("meta"):
            network = build_network(recipe)
        about = {"seed": None, "source": None, **about, "recipe": recipe.as_dict()}
    except StoredFileError:
        raise
    except (KeyError, TypeError, AttributeError, ValueError, RuntimeError, OverflowError) as error:
        raise StoredFileError(
            f"{where} does not say by which recipe it was trained ({str(error)[:200]}): was it "
            "written by 'python -m siamese_lib train'?"
        ) from error
    load_into(network, tensors, where, check_only=True)
    network.to_empty(device="cpu")
    load_into(network, tensors, where)
    return network.eval(), about


def _measured(
    network: torch.nn.Module,
    about: dict,
    device: torch.device,
    source: str,
    n_episodes: int,
    figures: dict,
) -> dict:
    """Print the three results, and return the row for the last line."""
    began = time.perf_counter()
    size = about["recipe"]["size"]
    results = measure(network, source, n_episodes, device, size)
    seconds = time.perf_counter() - began
    for exam, result in results.items():
        print(f"{exam}: {result}")
    return {
        "recipe": about["recipe"]["name"],
        "split": about["recipe"]["split"],
        "size": size,
        "steps": about["recipe"]["settings"]["steps"],
        "trained_on": about["source"],
        "measured_on": source,
        "seed": about["seed"],
        "device": str(device),
        "threads": torch.get_num_threads(),
        "weights": sum(p.numel() for p in network.parameters()),
        **figures,
        "peak_memory_mb": peak_memory_mb(device),
        "evaluation_seconds": round(seconds, 2),
        **{exam: result.as_dict() for exam, result in results.items()},
    }


def peak_memory_mb(device: torch.device) -> float | None:
    """Most memory that this process has held, in megabytes; on a GPU, that of the GPU.

    None where the operating system does not say (Windows).
    """
    if device.type == "cuda":
        return round(torch.cuda.max_memory_allocated(device) / 1e6)
    try:
        import resource
    except ImportError:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(most / (1e6 if sys.platform == "darwin" else 1e3))
