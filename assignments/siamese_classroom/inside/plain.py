"""Numbers and arrays, and nothing else: what may pass between an answer and those who judge it.

What an answer returns is turned into plain numbers where it runs, before anybody compares it. So
an object that claims to be equal to everything has nothing to say, and a replaced
``torch.allclose`` is never called. Between processes the same values go as JSON: nothing that
could run code when it is read.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

KINDS = {"float64", "float32", "int64", "uint8", "bool"}
# An answer returns at most this many numbers in one array.
LARGEST = 20_000_000
# An empty array can have any number of rows, and a loop over them would never end.
MOST_EMPTY_ROWS = 100_000
# The product of many large sides has so many digits that to compute it takes minutes.
MOST_SIDES = 8


class NotPlainError(TypeError):
    """A value that is neither a number nor a text, nor a tensor, list or dict of such."""


def plain(value: Any) -> Any:
    """``value`` with NumPy arrays in place of tensors, all the way down.

    Floats become float64 and whole numbers int64, uint8 and bool stay.

    Raises:
        NotPlainError: anything else than None, numbers, texts, tensors, arrays, and lists, tuples
            and dicts (with texts as keys) of them.
    """
    # The very types, and no class derived from them: those may bring methods of their own.
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, Tensor):
        value = value.detach().cpu()
        return _array((value.double() if value.is_floating_point() else value).numpy())
    if type(value) is np.ndarray or isinstance(value, np.generic):
        return _array(np.asarray(value))
    if type(value) in (list, tuple) or (isinstance(value, tuple) and hasattr(value, "_fields")):
        return [plain(part) for part in value]
    if type(value) is dict and all(type(key) is str for key in value):
        return {key: plain(part) for key, part in value.items()}
    raise NotPlainError(f"a {type(value).__name__} is neither a number nor a tensor")


def _array(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind == "f":
        array = array.astype(np.float64)
    elif array.dtype.kind in "iu" and array.dtype != np.uint8:
        array = array.astype(np.int64)
    if array.dtype.name not in KINDS:
        raise NotPlainError(f"an array of {array.dtype} holds no numbers")
    _check_shape(array.shape)
    return array.copy()


def _check_shape(shape: Sequence[int]) -> None:
    if len(shape) > MOST_SIDES or any(not 0 <= side <= LARGEST for side in shape):
        raise NotPlainError("no array that anybody asked for has such a shape")
    n = math.prod(shape)
    if n > LARGEST:
        raise NotPlainError(f"{n:,} numbers are more than anybody asked for")
    if n == 0 and math.prod(max(side, 1) for side in shape) > MOST_EMPTY_ROWS:
        raise NotPlainError("an array without a number has too many rows")


def to_json(value: Any) -> Any:
    """A plain value in what JSON knows: arrays as their bytes, in base64."""
    value = plain(value)
    if isinstance(value, np.ndarray):
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode("ascii")
        return {"array": data, "kind": value.dtype.name, "shape": list(value.shape)}
    if isinstance(value, list):
        return [to_json(part) for part in value]
    if isinstance(value, dict):
        return {"dict": {key: to_json(part) for key, part in value.items()}}
    return value


def from_json(value: Any) -> Any:
    """What ``to_json`` made, back as arrays, numbers, texts, lists and dicts.

    Raises:
        NotPlainError: something that ``to_json`` does not make.
    """
    if isinstance(value, list):
        return [from_json(part) for part in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"dict"} and isinstance(value["dict"], dict):
        return {key: from_json(part) for key, part in value["dict"].items()}
    try:
        if value["kind"] not in KINDS:
            raise NotPlainError(f"arrays of {value['kind']!r} are not read")
        shape = [int(side) for side in value["shape"][: MOST_SIDES + 1]]
        _check_shape(shape)
        array = np.frombuffer(base64.b64decode(value["array"]), dtype=value["kind"])
        return array.reshape(shape).copy()
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise NotPlainError(f"not an array as to_json writes them: {error}") from None


def tensors(value: Any) -> Any:
    """A plain value with tensors in place of arrays; floats become float32, as in training."""
    if isinstance(value, np.ndarray):
        tensor = torch.from_numpy(value.copy())
        return tensor.float() if tensor.dtype == torch.float64 else tensor
    if isinstance(value, list):
        return [tensors(part) for part in value]
    if isinstance(value, dict):
        return {key: tensors(part) for key, part in value.items()}
    return value
