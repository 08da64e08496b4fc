"""``fit``: the training loop of chapters 1 and 2, with what a long run needs around it."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm

from siamese_lib.batch_checks import check_above_zero
from siamese_lib.data.labelled_images import LabelledImages
from siamese_lib.notes import display_path, note
from siamese_lib.randomness import as_generator
from siamese_lib.sampling import MPerClassSampler
from siamese_lib.sampling.checks import check_counts
from siamese_lib.training.diagnostics import diagnose
from siamese_lib.training.history import History
from siamese_lib.training.state import TrainingState

PRECISIONS = {"float32": None, "bfloat16": torch.bfloat16, "float16": torch.float16}


def one_cycle(step: int, steps: int) -> float:
    """Share of the highest learning rate: up over the first 30 %, then down to 0, on cosines."""
    rise = 0.3 * steps
    if step < rise:
        return 0.04 + 0.96 * (1 - math.cos(math.pi * step / rise)) / 2
    return (1 + math.cos(math.pi * (step - rise) / (steps - rise))) / 2


def cosine(step: int, steps: int) -> float:
    """Share of the learning rate: from 1 down to 0 on a cosine."""
    return (1 + math.cos(math.pi * step / steps)) / 2


def constant(step: int, steps: int) -> float:
    """The same learning rate at every step."""
    return 1.0


SCHEDULES: dict[str, Callable[[int, int], float]] = {
    "one_cycle": one_cycle,
    "cosine": cosine,
    "constant": constant,
}


def fit(
    model: nn.Module,
    loss: nn.Module,
    data: LabelledImages,
    *,
    steps: int,
    batch_size: int = 128,
    m: int = 4,
    lr: float = 3e-3,
    weight_decay: float = 1e-4,
    schedule: str = "one_cycle",
    miner: Callable[[Tensor, Tensor], tuple] | None = None,
    augment: Callable[[Tensor], Tensor] | None = None,
    validation: Callable[[nn.Module], float] | None = None,
    check_every: int = 200,
    patience: int | None = None,
    clip: float | None = None,
    precision: str = "float32",
    channels_last: bool = False,
    compile: bool = False,
    checkpoint: str | Path | None = None,
    seed: int = 0,
    progress: bool = True,
) -> History:
    """Train an embedding network on P x K batches.

    The model stays where it is, and ``data`` should be on the same device. Runs that are
    interrupted (Ctrl-C, a crash) go on from their last checkpoint when ``fit`` is called again
    with the same arguments, and on the CPU end with the same weights, bit for bit, as a run that
    was never interrupted.

    Args:
        model: images ``(B, C, H, W)`` to embeddings ``(B, D)``. Trained in place; with
            ``validation`` it ends with its best weights, else with its last.
        loss: called as ``loss(embeddings, labels)``, or with the miner's indices as third argument.
            Its own parameters are trained as well.
        data: the training images.
        steps: batches to train on.
        batch_size: images in a batch (P x K).
        m: images of each class in a batch (K).
        lr: the highest learning rate, of AdamW.
        weight_decay: of AdamW.
        schedule: ``"one_cycle"``, ``"cosine"`` or ``"constant"``.
        miner: chooses pairs or triplets of each batch.
        augment: applied to the images of each batch, on the device. For an exact resume its
            randomness must come from a ``torch.Generator`` in its attribute ``generator``, as
            that of ``RandomAffine`` does.
        validation: gives an accuracy for the model, best on held-out background alphabets.
        check_every: steps between two looks at the network (diagnostics, validation, checkpoint).
        patience: stop after so many looks without a better accuracy.
        clip: largest norm of the gradient.
        precision: ``"float32"``, ``"bfloat16"``, or ``"float16"`` (CUDA only).
        channels_last: lay images out with the channels last, which is faster on many devices.
        compile: compile the network with ``torch.compile``.
        checkpoint: a file to save the run to at every look, and to go on from if it is there.
        seed: of batches, of dropout, and of whatever the model draws.
        progress: show a progress bar.

    Returns:
        The history, which can plot itself.

    Raises:
        ValueError: an argument out of its range, a class with fewer than ``m`` images, or NaN in
            the embeddings (said by the loss).
        CheckpointError: the checkpoint cannot be written, is damaged, or is of another run.
    """
    check_counts(steps=steps, check_every=check_every)
    check_above_zero(lr=lr)
    if schedule not in SCHEDULES:
        raise ValueError(f"schedule must be one of {', '.join(SCHEDULES)}, got {schedule!r}")
    device = data.device
    autocast = _autocast(precision, device)
    generator = as_generator(seed)
    sampler = MPerClassSampler(data.labels, m, batch_size, generator=generator)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    model.to(memory_format=layout)
    loss.to(device)
    network = torch.compile(model) if compile else model
    parameters = [*model.parameters(), *loss.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=lr, weight_decay=weight_decay)
    scaler = torch.amp.GradScaler(device.type, enabled=precision == "float16")
    state = TrainingState(model, loss, optimizer, scaler, generator, augment)
    arguments = {"steps": steps, "batch_size": batch_size, "m": m, "lr": lr, "seed": seed}
    history = History()

    def train_step(step: int) -> tuple[Tensor, Tensor, Tensor]:
        for group in optimizer.param_groups:
            group["lr"] = lr * SCHEDULES[schedule](step, steps)
        rows = sampler.sample(1)[0].to(device)
        images, labels = data.batch(rows), data.labels[rows]
        images = images if augment is None else augment(images)
        with autocast():
            embeddings = network(images.contiguous(memory_format=layout))
        mined = () if miner is None else (miner(embeddings.detach(), labels),)
        value = loss(embeddings, labels, *mined)
        optimizer.zero_grad(set_to_none=True)
        scaler.scale(value).backward()
        if clip is not None:
            scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_(parameters, clip)
        scaler.step(optimizer)
        scaler.update()
        return value.detach(), embeddings.detach(), labels

    def look(step: int, embeddings: Tensor, labels: Tensor) -> dict[str, float]:
        row = {"step": step, **diagnose(embeddings, labels)}
        if getattr(loss, "n_terms", 0):
            row["active"] = float(loss.n_active) / loss.n_terms
        if validation is not None:
            row["accuracy"] = validation(model)
            model.train()
        return row

    # Dropout draws from the global generator; it is lent for the run and then given back.
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        if checkpoint is not None and Path(checkpoint).exists():
            history = state.load(checkpoint, arguments)
            note(f"going on from step {len(history.losses)} of {display_path(checkpoint)}")
        step = len(history.losses)
        recent: list[Tensor] = []  # losses stay on the device until the next look
        model.train()
        with tqdm(total=steps, initial=step, disable=not progress) as bar, interrupts() as stop:
            while step < steps and history.stopped != "early":
                value, embeddings, labels = train_step(step)
                recent.append(value)
                step += 1
                bar.update()
                interrupted = bool(stop)
                if step % check_every == 0 or step == steps or interrupted:
                    history.losses += torch.stack(recent).tolist()
                    recent.clear()
                    if not interrupted:
                        row = look(step, embeddings, labels)
                        state.remember(history, row, patience)
                        bar.set_postfix({name: f"{number:.3g}" for name, number in row.items()})
                    if checkpoint is not None:
                        state.save(checkpoint, history, arguments)
                if interrupted:
                    history.stopped = "interrupted"
                    note("interrupted" + (", saved: run again to go on" if checkpoint else ""))
                    break
    if history.stopped != "interrupted" and state.best:
        model.load_state_dict(state.best)
    model.eval()
    return history


def _autocast(precision: str, device: torch.device) -> Callable[[], object]:
    if precision not in PRECISIONS:
        raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}, got {precision!r}")
    if precision == "float16" and device.type != "cuda":
        raise ValueError(f"float16 needs CUDA, the data is on {device}: take bfloat16 or float32")
    if precision == "float32":
        return nullcontext
    return lambda: torch.autocast(device.type, dtype=PRECISIONS[precision])


@contextmanager
def interrupts() -> Iterator[list[int]]:
    """Collect Ctrl-C in a list, so that a step is always finished; a second one stops at once.

    Only the main thread of a program can do that; elsewhere Ctrl-C stays as it is.
    """
    seen: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield seen
        return

    def collect(number: int, frame: object) -> None:
        if seen:
            raise KeyboardInterrupt
        seen.append(number)

    before = signal.signal(signal.SIGINT, collect)
    try:
        yield seen
    finally:
        signal.signal(signal.SIGINT, before)
