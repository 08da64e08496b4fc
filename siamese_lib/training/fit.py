"""The training loop, with checkpoints, validation and distributed training."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch
from torch import Tensor, nn

from siamese_lib.checkpoints import ResumableRun, describe_run
from siamese_lib.checks import check_finite
from siamese_lib.data import LabelledImages
from siamese_lib.devices import precision_on
from siamese_lib.distributed import (
    any_rank,
    average_gradients,
    copy_of_first,
    from_first_rank,
    gather,
    in_parallel,
    n_ranks,
    own_part,
    this_rank,
)
from siamese_lib.losses import BatchLoss
from siamese_lib.messages import note
from siamese_lib.randomness import as_generator, lent_generators
from siamese_lib.sampling import MPerClassSampler
from siamese_lib.training.diagnostics import diagnose
from siamese_lib.training.history import History
from siamese_lib.training.interrupts import interrupts
from siamese_lib.training.noise import generator_of, noise_of_rank
from siamese_lib.training.progress import Progress
from siamese_lib.training.settings import PRECISIONS, TrainingSettings


def fit(
    model: nn.Module,
    loss: nn.Module,
    data: LabelledImages,
    settings: TrainingSettings,
    *,
    miner: Callable[[Tensor, Tensor], tuple] | None = None,
    augment: Callable[[Tensor], Tensor] | None = None,
    validation: Callable[[nn.Module], float] | None = None,
    checkpoint: str | Path | None = None,
    progress: bool = True,
) -> History:
    """Train an embedding network on P x K batches.

    The model stays on its device, and ``data`` should be on the same device. If a run is
    interrupted, call ``fit`` again with the same arguments to resume from the last checkpoint. On
    the CPU, a resumed run ends with exactly the same weights as an uninterrupted run.

    In a program started by ``torchrun`` (see ``distributed.process_group``), every rank calls
    ``fit`` with the same arguments. The ranks train one network on the batches of a single process:
    each rank embeds its part of a batch, ``gather`` joins the embeddings, and each rank computes
    the loss of the whole batch. The noise of augmentation and dropout depends on the seed, the step
    and the rank, so that a run can resume with a different number of ranks. All ranks must have
    access to the checkpoint; the first rank validates and writes. Ctrl-C takes effect at the next
    check.

    Args:
        model: Network that maps images ``(B, C, H, W)`` to embeddings ``(B, D)``. It is trained in
            place and left in evaluation mode. With ``validation`` it ends with the best weights,
            otherwise with the last, also if the run is interrupted (see ``stopped`` of the
            history).
        loss: Module called as ``loss(embeddings, labels)``, or with the miner's indices as a third
            argument. Its parameters are trained as well.
        data: Training images.
        settings: Steps, batches, optimiser, precision and seed.
        miner: Function that chooses pairs or triplets of each batch. Default: no miner.
        augment: Function applied to the images of each batch, on their device. For an exact resume,
            all its randomness must come from a seeded ``torch.Generator`` in its attribute
            ``generator``, as in ``RandomAffine``.
        validation: Function that returns an accuracy for the model, ideally on held-out background
            alphabets.
        checkpoint: File to which the run is saved at every check and on Ctrl-C, and from which it
            resumes if the file exists. The file is refused if its settings, data, loss, miner,
            augmentation, validation or network differ from those of this run.
        progress: If True, show the progress of the run.

    Returns:
        The history of the run, which can plot itself.

    Raises:
        ValueError: If the batch settings do not fit the data (for example, if a class has fewer
            than ``m`` images), if the ranks cannot share a batch equally, if some ranks do not see
            the checkpoint, if the precision is float16 without CUDA, if ``patience`` is set without
            ``validation``, if ``validation`` returns NaN, or if the embeddings contain NaN or
            infinity (on the CPU at the first such step, on other devices at the next check).
        CheckpointError: If the checkpoint cannot be written, is damaged, or belongs to a different
            run.
    """
    if settings.patience is not None and validation is None:
        raise ValueError("patience counts looks without a better validation: pass one, or None")
    device = data.device
    settings = settings.but(precision=precision_on(device, settings.precision))
    autocast = _autocast(settings.precision, device)
    draw = as_generator(settings.seed)
    sampler = MPerClassSampler(data.labels, settings.m, settings.batch_size, generator=draw)
    layout = torch.channels_last if settings.channels_last else torch.contiguous_format
    model.to(memory_format=layout)
    loss.to(device)
    wrapped = in_parallel(model)
    network = torch.compile(wrapped) if settings.compile else wrapped
    parameters = [*model.parameters(), *loss.parameters()]
    optimizer = torch.optim.AdamW(parameters, settings.lr, weight_decay=settings.weight_decay)
    scaler = torch.amp.GradScaler(device.type, enabled=settings.precision == "float16")
    parts = {
        "model": model,
        "loss": loss,
        "miner": miner,
        "augment": augment,
        "validation": validation,
    }
    described = {} if checkpoint is None else describe_run(settings.as_dict(), data, **parts)
    generators = {"batches": draw, **generator_of(augment)}
    run = ResumableRun(checkpoint, described, model, loss, optimizer, scaler, generators)

    with lent_generators(settings.seed, device), interrupts() as interrupted:
        history = History.going_on(run.resume())
        _check_same_start(len(history.losses))
        recent: list[Tensor] = []  # losses stay on the device until the next look
        model.train()
        start = settings.steps if history.stopped == "early" else len(history.losses)
        steps = Progress(start, settings.steps, progress and this_rank() == 0)
        for step in steps:
            for group in optimizer.param_groups:
                group["lr"] = settings.lr_at(step)
            if n_ranks() > 1:
                noise_of_rank(settings.seed, step, device, generators.get("augment"))
            rows = sampler.sample(1)[0].to(device)
            images, labels = data.batch(own_part(rows)), data.labels[rows]
            if augment is not None:
                images = augment(images)
            with autocast():
                embeddings = gather(network(images.contiguous(memory_format=layout)))
            mined = () if miner is None else (miner(embeddings.detach(), labels),)
            value = loss(embeddings, labels, *mined)
            optimizer.zero_grad(set_to_none=True)
            scaler.scale(value).backward()
            average_gradients(loss.parameters())
            if settings.clip is not None:
                scaler.unscale_(optimizer)
                nn.utils.clip_grad_norm_(parameters, settings.clip)
            scaler.step(optimizer)
            scaler.update()
            recent.append(value.detach())
            looks = (step + 1) % settings.check_every == 0 or step + 1 == settings.steps
            if not (looks or (interrupted and n_ranks() == 1)):
                continue
            stops = any_rank(interrupted)
            history.losses += torch.stack(recent).tolist()
            recent.clear()
            if looks:
                row = {"step": step + 1, **_look(embeddings.detach(), labels, loss)}
                if validation is not None:
                    row["accuracy"] = _validated(validation, model)
                    model.train()
                if history.add(row, settings.patience):
                    run.keep_best()
                steps.show(row)
            if stops and history.stopped != "early" and step + 1 < settings.steps:
                history.stopped = "interrupted"
                note("interrupted" + (", saved: run again to go on" if checkpoint else ""))
            if this_rank() == 0:
                run.save(history.as_dict())
            if history.stopped != "finished":
                break
    if run.best:
        model.load_state_dict(run.best)
    copy_of_first(model)
    model.eval()
    return history


def _look(embeddings: Tensor, labels: Tensor, loss: nn.Module) -> dict[str, float]:
    """Return the diagnostics of the last batch."""
    check_finite("embeddings", embeddings)
    row = diagnose(embeddings, labels)
    if isinstance(loss, BatchLoss) and not loss.n_terms:
        note("the loss found no pair or triplet in this batch: are there two images of a class?")
    if isinstance(loss, BatchLoss) and loss.n_terms:
        row["active"] = float(loss.n_active) / loss.n_terms
    return row


def _validated(validation: Callable[[nn.Module], float], model: nn.Module) -> float:
    """Return the accuracy found by the first rank, so that all ranks use the same value."""
    return from_first_rank(float(validation(model)) if this_rank() == 0 else None)


def _check_same_start(step: int) -> None:
    if any_rank(step != from_first_rank(step)):
        raise ValueError(
            f"ranks would go on from different steps (rank {this_rank()} from {step}): put the "
            "checkpoint on a disk that all of them see"
        )


def _autocast(precision: str, device: torch.device) -> Callable[[], AbstractContextManager]:
    if precision == "float16" and device.type != "cuda":
        raise ValueError(f"float16 needs CUDA, the data is on {device}: take bfloat16 or float32")
    if precision == "float32":
        return nullcontext
    return lambda: torch.autocast(device.type, dtype=PRECISIONS[precision])
