"""A stand-in for a GPU: tensors of another device that this machine computes, strictly.

``put(tensor)`` gives a tensor whose device is not the CPU's. It computes as on the CPU, but where
CUDA would refuse that it meets a tensor of the CPU, it refuses too. PyTorch's device ``meta`` lends
its name, as its tensors may be made where no device of the kind is.
"""

from contextlib import contextmanager
from typing import ClassVar

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

DEVICE = torch.device("meta")
aten = torch.ops.aten
MOVES = (aten._to_copy.default, aten.copy_.default)
# Their indices may be on the CPU while what is indexed is not.
INDEXING = (aten.index.Tensor, aten.index_put.default, aten.index_put_.default)
# For their answer a GPU is waited for: a value, or a size that depends on values.
WAITING = ("_local_scalar_dense", "nonzero", "_unique2", "unique_dim", "masked_select", "equal")


class Elsewhere(torch.Tensor):
    """A tensor of the other device; ``inner`` holds its values."""

    @staticmethod
    def __new__(cls, inner):
        return torch.Tensor._make_wrapper_subclass(
            cls,
            inner.shape,
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
            device=DEVICE,
            requires_grad=inner.requires_grad,
        )

    def __init__(self, inner):
        self.inner = inner.detach()

    def tolist(self):
        Strict.waits.append("tolist")
        return self.inner.tolist()

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return computed(func, args, kwargs or {})


def computed(func, args, kwargs):
    given = [value for value in tree_flatten((args, kwargs))[0] if isinstance(value, torch.Tensor)]
    elsewhere = {id(value.inner): value for value in given if isinstance(value, Elsewhere)}
    refuse_a_meeting(func, args, given, bool(elsewhere))
    if elsewhere and func.overloadpacket.__name__ in WAITING:
        Strict.waits.append(func.overloadpacket.__name__)
    to = kwargs.get("device")
    there = bool(elsewhere) if to is None else torch.device(to) == DEVICE
    if func is aten.copy_.default:
        there = isinstance(args[0], Elsewhere)
    kwargs = kwargs | ({} if to is None else {"device": "cpu"})
    args, kwargs = tree_map(lambda v: v.inner if isinstance(v, Elsewhere) else v, (args, kwargs))
    found = func(*args, **kwargs)

    def labelled(value):
        if not isinstance(value, torch.Tensor) or not there:
            return value
        known = elsewhere.get(id(value))  # what works in place returns the same tensor
        return Elsewhere(value) if known is None else known

    return tree_map(labelled, found)


def refuse_a_meeting(func, args, given, elsewhere):
    if not elsewhere or func in MOVES:
        return
    free = tree_flatten(args[1])[0] if func in INDEXING and isinstance(args[0], Elsewhere) else []
    here = [
        value
        for value in given
        if not isinstance(value, Elsewhere)
        and value.dim() > 0
        and not any(value is f for f in free)
    ]
    if here:
        shapes = ", ".join(str(tuple(value.shape)) for value in here)
        raise RuntimeError(f"{func}: a tensor of the CPU {shapes} meets one of another device")


class Strict(TorchDispatchMode):
    """Tensors that are made ``device=DEVICE`` are of the other device, too.

    ``waits`` lists for what a GPU would have been waited for.
    """

    waits: ClassVar[list[str]] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return computed(func, args, kwargs or {})


GENERATOR = torch.Generator


class GeneratorClass(type):
    """In place of torch.Generator: of whatever device is asked for, it is one of the CPU."""

    def __call__(cls, device="cpu"):
        return GENERATOR()

    def __instancecheck__(cls, value):
        return isinstance(value, GENERATOR)


class AnyGenerator(metaclass=GeneratorClass):
    pass


@contextmanager
def another_device():
    """While it lasts, there is one; what is random comes from generators of the CPU."""
    autocast = torch.autocast
    torch.Generator = AnyGenerator
    torch.autocast = lambda kind, **how: autocast(kind.replace(DEVICE.type, "cpu"), **how)
    Strict.waits.clear()
    try:
        with Strict():
            yield DEVICE
    finally:
        torch.Generator, torch.autocast = GENERATOR, autocast


def put(tensor):
    return Elsewhere(tensor)


def back(tensor):
    return tensor.inner if isinstance(tensor, Elsewhere) else tensor
