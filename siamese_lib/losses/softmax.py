"""Softmax loss on embeddings: classify with one learned vector for each training class."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from siamese_lib.checks import check_above_zero, check_counts, check_ids
from siamese_lib.distances import cosines
from siamese_lib.losses.base import BatchLoss, check_no_indices
from siamese_lib.randomness import as_generator


class NormalizedSoftmaxLoss(BatchLoss):
    r"""Cross entropy of the class, from the cosine similarity to one learned vector per class.

    .. math:: L_i = -\log \frac{\exp(\hat z_i \cdot \hat w_{y_i} / \tau)}
              {\sum_c \exp(\hat z_i \cdot \hat w_c / \tau)}

    Embeddings and class vectors are scaled to length 1, and the sum runs over *all* training
    classes (Wang et al. 2017, "NormFace"; Zhai and Wu 2019, "Classification is a Strong Baseline
    for Deep Metric Learning"). An image does not need another image of the same class in its batch,
    and the loss takes no miner. The class vectors are parameters of the loss: pass them to the
    optimiser as well (``fit`` does). They are not needed after training, when embeddings are
    compared as with any other loss.

    Labels may be any integers. The list of classes is a buffer and part of ``state_dict()``.

    Args:
        classes: Labels that occur, integers of shape ``(C,)``, for example ``data.classes``; or the
            number of classes C, for labels 0 to C - 1.
        embedding_size: Length D of an embedding, 1 or more.
        temperature: τ, above 0.
        generator: A ``torch.Generator`` or a seed for the initial class vectors, which are drawn
            from the standard normal distribution.

    Raises:
        ValueError: If ``temperature`` is not above 0, if ``classes`` lists a label twice, or if a
            number is below 1. When the loss is called: if a label is not in ``classes`` (checked on
            the CPU; on a GPU an assertion fails), if embeddings are not of length
            ``embedding_size``, or if ``indices_tuple`` is given.
        TypeError: If labels are not integers.

    >>> z = torch.eye(2)
    >>> loss = NormalizedSoftmaxLoss(torch.tensor([30, 7]), embedding_size=2, temperature=1.0)
    >>> loss.weight.data = torch.tensor([[3.0, 0.0], [0.0, 5.0]])  # that of 7, that of 30
    >>> loss(z, torch.tensor([7, 30]))  # log(1 + 1 / e)
    tensor(0.3133, grad_fn=<MeanBackward0>)
    """

    def __init__(
        self,
        classes: Tensor | int,
        embedding_size: int,
        temperature: float = 0.05,
        generator: torch.Generator | int | None = None,
    ) -> None:
        super().__init__()
        check_counts(embedding_size=embedding_size)
        check_above_zero(temperature=temperature)
        if not isinstance(classes, Tensor):
            check_counts(classes=classes)
            classes = torch.arange(classes)
        listed = check_ids("classes", classes).sort().values
        if (listed[1:] == listed[:-1]).any():
            raise ValueError(
                "classes holds a label twice: give each label once, as data.classes or "
                "labels.unique() has them"
            )
        self.embedding_size, self.temperature = embedding_size, temperature
        self.classes: Tensor
        self.register_buffer("classes", listed)
        draw = as_generator(generator)
        self.weight = nn.Parameter(torch.randn(len(listed), embedding_size, generator=draw))

    def places(self, labels: Tensor) -> Tensor:
        """Return the row of ``weight`` for each label, int64 ``(B,)``; -1 for an unknown label."""
        place = torch.searchsorted(self.classes, labels).clamp(max=len(self.classes) - 1)
        return torch.where(self.classes[place] == labels, place, -1)

    def of_batch(self, embeddings: Tensor, labels: Tensor, indices_tuple: tuple | None) -> Tensor:
        """Return the mean loss over the images of the batch."""
        check_no_indices(self, indices_tuple)
        if embeddings.shape[1] != self.embedding_size:
            raise ValueError(
                f"embedding_size is {self.embedding_size}, but the embeddings have shape "
                f"{tuple(embeddings.shape)}"
            )
        places = self.places(labels.to(self.classes.dtype))
        if places.device.type == "cpu" and (places < 0).any():
            unknown = labels[places < 0].unique()[:5].tolist()
            raise ValueError(
                f"labels {unknown} are none of the {len(self.classes):,} classes of this loss: "
                "make it with classes=data.classes of the data that it is trained on"
            )
        kind = torch.promote_types(embeddings.dtype, self.weight.dtype)
        logits = cosines(embeddings.to(kind), self.weight.to(kind)) / self.temperature
        return self.mean_of_terms(F.cross_entropy(logits, places, reduction="none"), embeddings)
