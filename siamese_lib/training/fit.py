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
    seed_noise,
    this_rank,
)
from siamese_lib.losses import BatchLoss
from siamese_lib.messages import note
from siamese_lib.randomness import as_generator, lent_generators
from siamese_lib.sampling import MPerClassSampler
from siamese_lib.training.history import History
from siamese_lib.training.progress import Progress, interrupts
from siamese_lib.training.settings import PRECISIONS, TrainingSettings
from siamese_lib.training.validation import diagnose


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
        raise ValueError("patience counts checks without a better validation: pass one, or None")
    run = _Run(model, loss, data, settings, miner, augment, validation, checkpoint)
    with lent_generators(settings.seed, data.device), interrupts() as interrupted:
        history = run.begin()
        steps = Progress(run.steps_done, settings.steps, progress and this_rank() == 0)
        for number in steps:
            run.step(number)
            due = (number + 1) % settings.check_every == 0 or number + 1 == settings.steps
            if not (due or (interrupted and n_ranks() == 1)):
                continue
            stops = any_rank(interrupted)
            run.note_losses()
            if due:
                steps.show(run.check(number))
            if stops and history.stopped != "early" and number + 1 < settings.steps:
                history.stopped = "interrupted"
                note("interrupted" + (", saved: run again to go on" if checkpoint else ""))
            run.save()
            if history.stopped != "finished":
                break
    run.finish()
    return history


class _Run:
    """The parts of one training run. All of them are set up before the first step.

    In one process, the functions of ``siamese_lib.distributed`` return what they are given.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: nn.Module,
        data: LabelledImages,
        settings: TrainingSettings,
        miner: Callable[[Tensor, Tensor], tuple] | None,
        augment: Callable[[Tensor], Tensor] | None,
        validation: Callable[[nn.Module], float] | None,
        checkpoint: str | Path | None,
    ) -> None:
        device = data.device
        settings = settings.but(precision=precision_on(device, settings.precision))
        self.model, self.loss, self.data, self.settings = model, loss.to(device), data, settings
        self.miner, self.augment, self.validation = miner, augment, validation
        self.autocast = _autocast(settings.precision, device)
        draw = as_generator(settings.seed)
        self.sampler = MPerClassSampler(
            data.labels, settings.m, settings.batch_size, generator=draw
        )
        self.layout = torch.channels_last if settings.channels_last else torch.contiguous_format
        wrapped = in_parallel(model.to(memory_format=self.layout))
        self.network = torch.compile(wrapped) if settings.compile else wrapped
        self.parameters = [*model.parameters(), *loss.parameters()]
        self.optimizer = torch.optim.AdamW(
            self.parameters, settings.lr, weight_decay=settings.weight_decay
        )
        self.scaler = torch.amp.GradScaler(device.type, enabled=settings.precision == "float16")
        noise = getattr(augment, "generator", None)
        self.noise = noise if isinstance(noise, torch.Generator) else None
        generators = {"batches": draw}
        if self.noise is not None:
            generators["augment"] = self.noise
        described = {}
        if checkpoint is not None:
            parts = {"loss": loss, "miner": miner, "augment": augment, "validation": validation}
            described = describe_run(settings.as_dict(), data, model=model, **parts)
        self.file = ResumableRun(
            checkpoint, described, model, loss, self.optimizer, self.scaler, generators
        )
        self.recent: list[Tensor] = []  # losses stay on the device until the next check

    def begin(self) -> History:
        """Begin, or go on from the checkpoint."""
        self.history = History.going_on(self.file.resume())
        _check_same_start(len(self.history.losses))
        self.model.train()
        return self.history

    @property
    def steps_done(self) -> int:
        """Number of steps that need not be done; all of them after an early stop."""
        early = self.history.stopped == "early"
        return self.settings.steps if early else len(self.history.losses)

    def step(self, number: int) -> None:
        """Train on one batch."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.lr_at(number)
        seed_noise(self.settings.seed, number, self.data.device, self.noise)
        rows = self.sampler.sample(1)[0].to(self.data.device)
        images, self.labels = self.data.batch(own_part(rows)), self.data.labels[rows]
        if self.augment is not None:
            images = self.augment(images)
        with self.autocast():
            embeddings = gather(self.network(images.contiguous(memory_format=self.layout)))
        self.embeddings = embeddings.detach()
        mined = () if self.miner is None else (self.miner(self.embeddings, self.labels),)
        loss = self.loss(embeddings, self.labels, *mined)
        self.optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        average_gradients(self.loss.parameters())
        if self.settings.clip is not None:
            self.scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self.parameters, self.settings.clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.recent.append(loss.detach())

    def note_losses(self) -> None:
        """Move the losses since the last check into the history."""
        self.history.losses += torch.stack(self.recent).tolist()
        self.recent.clear()

    def check(self, number: int) -> dict[str, float]:
        """Add the diagnostics of the last batch to the history, and the validation if any."""
        check_finite("embeddings", self.embeddings)
        row = {"step": number + 1, **diagnose(self.embeddings, self.labels)}
        if isinstance(self.loss, BatchLoss):
            if self.loss.n_terms:
                row["active"] = float(self.loss.n_active) / self.loss.n_terms
            else:
                note("the loss found no pair or triplet in this batch: has a class two images?")
        if self.validation is not None:
            # The first rank validates, and all ranks use its value.
            value = float(self.validation(self.model)) if this_rank() == 0 else None
            row["accuracy"] = from_first_rank(value)
            self.model.train()
        if self.history.add(row, self.settings.patience):
            self.file.keep_best()
        return row

    def save(self) -> None:
        """Write the checkpoint, if there is one."""
        if this_rank() == 0:
            self.file.save(self.history.as_dict())

    def finish(self) -> None:
        """Leave the model with its best weights, the same on all ranks, in evaluation mode."""
        if self.file.best:
            self.model.load_state_dict(self.file.best)
        copy_of_first(self.model)
        self.model.eval()


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
