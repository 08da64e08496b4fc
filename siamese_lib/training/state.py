"""All that a run needs to go on as if nothing had happened."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn

from siamese_lib.notes import display_path
from siamese_lib.stored_tensors import read_tensors, write_tensors
from siamese_lib.training.checkpoint import CheckpointError, load_into
from siamese_lib.training.history import History


class TrainingState:
    """The moving parts of a run: weights, optimiser, random generators, best weights so far.

    Args:
        model: the network.
        loss: the loss, whose own parameters are trained, too.
        optimizer: over the parameters of both.
        scaler: the gradient scaler.
        batches: the generator that batches are drawn from.
        augment: the augmentation, or None.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: nn.Module,
        optimizer: torch.optim.Optimizer,
        scaler: torch.amp.GradScaler,
        batches: torch.Generator,
        augment: object | None,
    ) -> None:
        self.model, self.loss, self.optimizer, self.scaler = model, loss, optimizer, scaler
        self.generators = {"batches": batches}
        if isinstance(getattr(augment, "generator", None), torch.Generator):
            self.generators["augment"] = augment.generator
        self.best: dict[str, Tensor] = {}

    def remember(self, history: History, row: dict[str, float], patience: int | None) -> None:
        """Add one look to the history; keep the weights if they are the best so far."""
        best_before = history.best_accuracy
        history.checks.append(row)
        if "accuracy" not in row:
            return
        if best_before is None or row["accuracy"] > best_before:
            history.best_step = int(row["step"])
            self.best = {name: t.detach().clone() for name, t in self.model.state_dict().items()}
        since = sum(check["step"] > history.best_step for check in history.checks)
        if patience is not None and since >= patience:
            history.stopped = "early"

    def save(self, path: str | Path, history: History, arguments: dict) -> None:
        """Write everything to one file, whole or not at all.

        Raises:
            CheckpointError: it cannot be written; an older file stays as it was.
        """
        tensors = {f"model/{name}": t for name, t in self.model.state_dict().items()}
        tensors |= {f"best/{name}": t for name, t in self.best.items()}
        tensors |= {f"loss/{name}": t for name, t in self.loss.state_dict().items()}
        for number, values in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer/{number}/{name}": t for name, t in values.items()}
        tensors |= {f"random/{name}": g.get_state() for name, g in self.generators.items()}
        tensors["random/torch"] = torch.get_rng_state()
        device = next(self.model.parameters()).device
        if device.type == "cuda":
            tensors["random/cuda"] = torch.cuda.get_rng_state(device)
        about = {
            "arguments": arguments,
            "history": asdict(history),
            "scaler": self.scaler.state_dict(),
        }
        write_tensors(path, tensors, about, CheckpointError)

    def load(self, path: str | Path, arguments: dict) -> History:
        """Put everything back, and give the history so far.

        Raises:
            CheckpointError: damaged, or of a run with other arguments or another network.
        """
        tensors, about = read_tensors(path, "checkpoint", CheckpointError)
        name = display_path(path)
        if "arguments" not in about:
            raise CheckpointError(f"{name} holds weights alone, not a run that could go on")
        for key, value in arguments.items():
            if about["arguments"].get(key) != value:
                raise CheckpointError(
                    f"{name} belongs to another run: {key} is {about['arguments'].get(key)!r} "
                    f"there and {value!r} here. Give the same arguments, or another file."
                )
        parts: dict[str, dict[str, Tensor]] = {}
        for key, tensor in tensors.items():
            part, _, rest = key.partition("/")
            parts.setdefault(part, {})[rest] = tensor
        load_into(self.model, parts["model"], name)
        load_into(self.loss, parts.get("loss", {}), name)
        device = next(self.model.parameters()).device
        self.best = {key: t.to(device) for key, t in parts.get("best", {}).items()}
        self._load_optimizer(parts.get("optimizer", {}))
        self._load_generators(parts["random"], device)
        self.scaler.load_state_dict(about["scaler"])
        history = History(**about["history"])
        if history.stopped == "interrupted":
            history.stopped = "finished"
        return history

    def _load_optimizer(self, tensors: dict[str, Tensor]) -> None:
        of_parameter: dict[int, dict[str, Tensor]] = {}
        for key, tensor in tensors.items():
            number, _, name = key.partition("/")
            of_parameter.setdefault(int(number), {})[name] = tensor
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": of_parameter, "param_groups": groups})

    def _load_generators(self, states: dict[str, Tensor], device: torch.device) -> None:
        for name, generator in self.generators.items():
            if name in states:
                generator.set_state(states[name])
        torch.set_rng_state(states["torch"])
        if "cuda" in states and device.type == "cuda":
            torch.cuda.set_rng_state(states["cuda"], device)
