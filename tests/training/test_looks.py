"""What ``fit`` makes of a validation, of patience, and of batches that say nothing."""

import json
import math

import numpy as np
import pytest
import torch
from test_fit import StopAt, network, press_ctrl_c, run

from siamese_lib.losses import SupConLoss
from siamese_lib.training import TrainingSettings


def test_a_validation_that_is_nan_is_an_error():
    with pytest.raises(ValueError, match="validation returned NaN at step 5"):
        run(network(), validation=lambda model: math.nan)


def test_patience_needs_a_validation():
    with pytest.raises(ValueError, match="patience counts checks"):
        run(network(), patience=2)


@pytest.mark.parametrize("number", [torch.tensor(0.5), np.float32(0.5), np.float64(0.5)])
def test_an_accuracy_may_be_a_tensor_or_a_numpy_number(number, tmp_path):
    path = tmp_path / "run"
    history = run(network(), 10, validation=lambda model: number, checkpoint=path)
    assert history.best_accuracy == 0.5 and path.exists()


def test_an_interrupted_run_ends_with_its_best_weights():
    class FirstIsBest(StopAt):
        """0.9 at the first look, 0.1 later; Ctrl-C at the second."""

        def __call__(self, model):
            if not hasattr(self, "_weights"):
                self._weights = {k: v.clone() for k, v in model.state_dict().items()}
                super().__call__(model)
                return 0.9
            super().__call__(model)
            return 0.1

    validation, model = FirstIsBest(2, press_ctrl_c), network()
    history = run(model, 40, validation=validation)
    assert history.stopped == "interrupted" and history.best_step == 5
    for name, value in model.state_dict().items():
        assert torch.equal(value, validation._weights[name]), name


def test_batches_without_a_pair_are_noticed(caplog):
    history = run(network(), 5, loss=SupConLoss(), m=1, batch_size=16)
    assert "found no pair or triplet" in caplog.text and set(history.losses) == {0.0}


@pytest.mark.parametrize("clip", [0.0, -1.0])
def test_a_clip_that_freezes_or_climbs_is_refused(clip):
    with pytest.raises(ValueError, match="clip must be above 0"):
        TrainingSettings(steps=1, clip=clip)


def test_whole_numbers_of_numpy_count():
    settings = TrainingSettings(steps=np.int64(3), lr=np.float32(0.5))
    assert json.loads(json.dumps(settings.as_dict()))["steps"] == 3
    with pytest.raises(ValueError, match="steps must be an int"):
        TrainingSettings(steps=True)
