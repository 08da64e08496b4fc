"""All that a run needs to go on as if nothing had happened, in one file."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from siamese_lib.checkpoints.describing import first_difference
from siamese_lib.checkpoints.weights import CheckpointError, load_into
from siamese_lib.files import display_path
from siamese_lib.stored_tensors import read_tensors, write_tensors

# What PyTorch raises for parts of another kind or size.
DAMAGED = (KeyError, IndexError, TypeError, ValueError, AttributeError, RuntimeError)


class ResumableRun:
    """The moving parts of a run, and the file that they are saved to.

    Args:
        path: the file, or None: nothing is saved.
        described: what the run is made of, from ``describe_run``; a file of another run is refused.
        model: the network.
        loss: the loss, whose own parameters are trained, too.
        optimizer: over the parameters of both.
        scaler: the gradient scaler.
        generators: the generators that the run draws from, by name.
    """

    def __init__(
        self,
        path: str | Path | None,
        described: dict,
        model: nn.Module,
        loss: nn.Module,
        optimizer: torch.optim.Optimizer,
        scaler: torch.amp.GradScaler,
        generators: dict[str, torch.Generator],
    ) -> None:
        self.path = None if path is None else Path(path).expanduser()
        self.described = described
        self.model, self.loss, self.optimizer, self.scaler = model, loss, optimizer, scaler
        self.generators = generators
        self.best: dict[str, Tensor] = {}  # the weights of the best validation so far

    def keep_best(self) -> None:
        """Remember the weights as they are now."""
        self.best = {name: t.detach().clone() for name, t in self.model.state_dict().items()}

    def save(self, history: dict) -> None:
        """Write everything to the file, whole or not at all.

        Args:
            history: the course of the run so far, plain JSON values.

        Raises:
            CheckpointError: it cannot be written; an older file stays as it was.
        """
        if self.path is None:
            return
        tensors = {f"model/{name}": t for name, t in self.model.state_dict().items()}
        tensors |= {f"best/{name}": t for name, t in self.best.items()}
        tensors |= {f"loss/{name}": t for name, t in self.loss.state_dict().items()}
        for number, values in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer/{number}/{name}": t for name, t in values.items()}
        tensors |= {f"random/{name}": g.get_state() for name, g in self.generators.items()}
        tensors["random/torch"] = torch.get_rng_state()
        if (device := self._device()).type == "cuda":
            tensors["random/cuda"] = torch.cuda.get_rng_state(device)
        about = {
            "run": self.described,
            "history": history,
            "scaler": self.scaler.state_dict(),
        }
        write_tensors(self.path, tensors, about, CheckpointError)

    def resume(self) -> dict:
        """Put everything back as the file has it, and return the history that was saved.

        Without a file nothing happens, and the history is empty.

        Raises:
            CheckpointError: damaged, or of another run or another network.
        """
        if self.path is None or not self.path.exists():
            return {}
        tensors, about = read_tensors(self.path, "checkpoint", CheckpointError)
        name = display_path(self.path)
        parts: dict[str, dict[str, Tensor]] = {}
        for key, tensor in tensors.items():
            part, _, rest = key.partition("/")
            parts.setdefault(part, {})[rest] = tensor
        if "run" not in about:
            raise CheckpointError(f"{name} holds weights alone, not a run that could go on")
        load_into(self.model, parts.get("model", {}), name, check_only=True)
        if not isinstance(about["run"], dict):
            raise CheckpointError(f"{name} is damaged: it does not say which run it belongs to")
        difference = first_difference(about["run"], self.described)
        if difference is not None:
            raise CheckpointError(
                f"{name} belongs to another run: {difference}. Give the same arguments, or "
                "another file."
            )
        try:
            load_into(self.model, parts["model"], name)
            load_into(self.loss, parts.get("loss", {}), name)
            device = self._device()
            self.best = {key: t.to(device) for key, t in parts.get("best", {}).items()}
            if self.best:
                load_into(self.model, self.best, name, check_only=True)
            self._load_optimizer(parts.get("optimizer", {}))
            self._load_generators(parts["random"], device)
            self.scaler.load_state_dict(about["scaler"])
            return dict(about["history"])
        except CheckpointError:
            raise
        except DAMAGED as error:
            raise CheckpointError(
                f"{name} is damaged: a part of the run cannot be put back "
                f"({type(error).__name__}: {str(error)[:200]}). Delete it to begin again."
            ) from error

    def _device(self) -> torch.device:
        return next(self.model.parameters()).device

    def _load_optimizer(self, tensors: dict[str, Tensor]) -> None:
        of_parameter: dict[int, dict[str, Tensor]] = {}
        for key, tensor in tensors.items():
            number, _, name = key.partition("/")
            of_parameter.setdefault(int(number), {})[name] = tensor
        parameters = [each for group in self.optimizer.param_groups for each in group["params"]]
        for place, state in of_parameter.items():
            for tensor in state.values():
                if tensor.ndim and tensor.shape != parameters[place].shape:
                    raise ValueError(f"the state of parameter {place} has shape {tensor.shape}")
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": of_parameter, "param_groups": groups})

    def _load_generators(self, states: dict[str, Tensor], device: torch.device) -> None:
        for name, generator in self.generators.items():
            if name in states:
                generator.set_state(states[name])
        torch.set_rng_state(states["torch"])
        if "cuda" in states and device.type == "cuda":
            torch.cuda.set_rng_state(states["cuda"], device)
