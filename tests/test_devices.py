"""What is fast where: told by the device's units, not by its name."""

import pytest
import torch

from siamese_lib.devices import has_fast_bfloat16, precision_on


@pytest.mark.parametrize("has_amx", [False, True])
def test_a_cpu_is_fast_in_bfloat16_if_it_has_amx(monkeypatch, has_amx):
    told = {"amx_bf16": has_amx, "avx512_bf16": True}
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: told, raising=False)
    assert has_fast_bfloat16("cpu") is has_amx
    assert precision_on("cpu", "auto") == ("bfloat16" if has_amx else "float32")


def test_a_pytorch_that_cannot_say_takes_float32(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert not has_fast_bfloat16("cpu")
    assert not has_fast_bfloat16("mps")


@pytest.mark.parametrize(("capability", "fast"), [((7, 5), False), ((8, 0), True), ((9, 0), True)])
def test_a_gpu_is_fast_in_bfloat16_from_ampere_on(monkeypatch, capability, fast):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert has_fast_bfloat16("cuda") is fast


def test_a_precision_that_is_named_stays_as_it_is(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": True}, raising=False)
    assert precision_on("cpu", "float32") == "float32"
