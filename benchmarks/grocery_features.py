"""Store features of the Grocery Store photographs, so that chapter 15 need not compute them.

    python benchmarks/grocery_features.py           # 5,502 pictures: minutes, once
    python benchmarks/grocery_features.py --check   # what storing them in 4 bits costs

Needs the photographs (``load_grocery`` finds or downloads them) and the extra ``photographs``. An
interrupted run goes on where it was. The test of a sample is in
``tests/recipes/test_recipe_photographs.py``.
"""

import argparse

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from siamese_lib.data import load_grocery
from siamese_lib.models import PretrainedBackbone
from siamese_lib.recipes import grocery_features, packed_features, photograph_features
from siamese_lib.recipes.photographs import STORED


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the stored features")
    backbone = PretrainedBackbone()
    exact = photograph_features(load_grocery(), backbone)
    if not parser.parse_args().check:
        store(exact, backbone)
    compare(exact.features)


def store(exact, backbone: PretrainedBackbone) -> None:
    photographs = exact.photographs
    arrays = {
        "files": np.array("\n".join(photographs.files)),
        "class_names": np.array("\n".join(photographs.class_names)),
        "group_names": np.array("\n".join(photographs.group_names)),
        "maker_names": np.array("\n".join(photographs.maker_names)),
        "labels": photographs.labels.to(torch.uint8).numpy(),
        "groups": photographs.groups.to(torch.uint8).numpy(),
        "makers": photographs.makers.to(torch.uint8).numpy(),
        "made_with": np.array(f"{backbone.name} {backbone.fingerprint()}"),
    }
    for name, values in exact.features.items():
        arrays[name], arrays[f"{name}_largest"] = packed_features(values)
    np.savez_compressed(STORED, allow_pickle=False, **arrays)
    print(f"{STORED.name}: {STORED.stat().st_size / 1e6:.2f} MB")


def compare(exact: dict[str, Tensor]) -> None:
    stored = grocery_features()
    data = stored.photographs
    test, train, iconic = (
        data.makers == data.maker_names.index(part) for part in ("test", "train", "iconic")
    )
    for name, values in stored.features.items():
        cosine = F.cosine_similarity(values, exact[name], dim=1)
        print(
            f"{name}: {values.shape[1]} numbers, cosine with exact ones {cosine.min():.4f} or more"
        )
        for kind, examples in (("train", train), ("iconic", iconic)):
            scores = [
                nearest_is_right(F.normalize(features), data.labels, test, examples)
                for features in (exact[name], values)
            ]
            print(f"  nearest of {kind}: exact {scores[0]:.2%}, stored {scores[1]:.2%}")


def nearest_is_right(features: Tensor, labels: Tensor, test: Tensor, examples: Tensor) -> float:
    nearest = (features[test] @ features[examples].T).argmax(dim=1)
    return (labels[examples][nearest] == labels[test]).float().mean().item()


if __name__ == "__main__":
    main()
