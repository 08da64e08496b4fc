"""Baselines: pixels, colours, PCA, the modified Hausdorff distance, and constant scores.

An untrained backbone is a further baseline.
"""

from __future__ import annotations

import torch
from scipy.spatial import cKDTree
from sklearn.decomposition import PCA
from torch import Tensor

from siamese_lib.checks import check_counts
from siamese_lib.data import LabelledImages


def pixels(images: Tensor) -> Tensor:
    """Return images ``(B, C, H, W)`` as embeddings ``(B, C * H * W)`` of their pixel values."""
    return images.flatten(1)


def colour_histogram(images: Tensor, bins: int = 8) -> Tensor:
    """Return the square root of the share of pixels in each cell of a grid of colours.

    The square root makes the cosine of two histograms their Bhattacharyya coefficient, so that one
    large area of a single colour does not outweigh everything else.

    Args:
        images: RGB images ``(B, 3, H, W)`` in [0, 1].
        bins: Number of cells along each of the three channels.

    Returns:
        ``(B, bins ** 3)``, each of length 1.

    Raises:
        ValueError: If the images do not have three channels, or if ``bins`` is below 1.
    """
    check_counts(bins=bins)
    if images.ndim != 4 or images.shape[1] != 3:
        raise ValueError(f"images must be RGB (B, 3, H, W), got {tuple(images.shape)}")
    level = (images * bins).long().clamp(0, bins - 1)
    cell = (bins * level[:, 0] + level[:, 1]) * bins + level[:, 2]
    counts = images.new_zeros(len(images), bins**3)
    counts.scatter_add_(1, cell.flatten(1), torch.ones_like(images[:, 0].flatten(1)))
    return (counts / cell[0].numel()).sqrt()


class PCAEmbedding:
    """Embed images by their principal components ("eigenfaces", Turk and Pentland 1991).

    The components are learned without labels, so they describe light, pose and background as much
    as identity.

    Args:
        data: Images to fit the components on. They should show other people than the test images.
        n_components: Number of components.

    Raises:
        ValueError: If ``n_components`` is below 1 or above the number of images or of pixel values.
    """

    def __init__(self, data: LabelledImages, n_components: int = 40) -> None:
        check_counts(n_components=n_components)
        values = data.batch().flatten(1).cpu()
        if n_components > min(values.shape):
            raise ValueError(
                f"n_components={n_components}, but {len(values)} images of {values.shape[1]} "
                f"pixels have {min(values.shape)} directions at most"
            )
        found = PCA(n_components, svd_solver="full").fit(values.numpy())
        self.mean = torch.from_numpy(found.mean_).float()
        self.components = torch.from_numpy(found.components_).float()

    def __call__(self, images: Tensor) -> Tensor:
        """Map images ``(B, C, H, W)`` to embeddings ``(B, n_components)`` on the same device."""
        mean, components = self.mean.to(images.device), self.components.to(images.device)
        return (images.flatten(1) - mean) @ components.T


class ConstantScorer:
    """Scorer that gives every example the same score; its accuracy should be 1 / n_way."""

    def prepare(self, images: Tensor) -> Tensor:
        """Return a constant feature for each image, ``(N, 1)``."""
        return images.new_zeros(len(images), 1)

    def similarity(self, query: Tensor, support: Tensor) -> Tensor:
        """Return zeros of shape ``(E, Q, S)``."""
        return query.new_zeros(len(query), query.shape[1], support.shape[1])


class ModifiedHausdorffScorer:
    r"""Compare drawings as sets of points by the modified Hausdorff distance.

    .. math:: h(A, B) = \max\Big( \frac1{|A|} \sum_{a \in A} \min_{b \in B} \lVert a - b \rVert,\;
              \frac1{|B|} \sum_{b \in B} \min_{a \in A} \lVert a - b \rVert \Big)

    The points are the pixels with ink, and both sets are centred first (Dubuisson and Jain 1994;
    the baseline of Omniglot's demo script). Nothing is learned.

    Args:
        ink: Value from which a pixel counts as ink, 0 to 1.
    """

    def __init__(self, ink: float = 0.5) -> None:
        self.ink = ink

    def prepare(self, images: Tensor) -> Tensor:
        """Map images ``(N, C, H, W)`` to padded sets of points, ``(N, H * W, 3)``.

        The last dimension is x, y, and 1 for a point or 0 for padding. Points come first. A drawing
        without ink has one point, at its centre.
        """
        height, width = images.shape[2:]
        has_ink = images.amax(dim=1).flatten(1) >= self.ink
        order = (~has_ink).int().argsort(dim=1, stable=True)
        row = torch.arange(height, device=images.device).repeat_interleave(width)
        column = torch.arange(width, device=images.device).repeat(height)
        place = torch.stack([column, row], dim=1).to(images.dtype)[order]
        real = torch.arange(height * width, device=images.device) < has_ink.sum(1, keepdim=True)
        real[:, 0] = True
        weight = real.to(images.dtype)[:, :, None]
        middle = (place * weight).sum(1, keepdim=True) / weight.sum(1, keepdim=True)
        return torch.cat([(place - middle) * weight, weight], dim=2)

    def similarity(self, query: Tensor, support: Tensor) -> Tensor:
        """Return negative distances ``(E, Q, S)`` from ``(E, Q, P, 3)`` and ``(E, S, P, 3)``."""
        return torch.stack([self._of_episode(q, s) for q, s in zip(query, support, strict=True)])

    def _of_episode(self, query: Tensor, support: Tensor) -> Tensor:
        # A tree finds the nearest point of a set without computing all distances to it.
        queries, supports = ([_Points(drawing) for drawing in part] for part in (query, support))
        rows = [[-q.hausdorff(s) for s in supports] for q in queries]
        return torch.tensor(rows, dtype=torch.float64, device=query.device)


class _Points:
    """Points of one drawing, with a tree for nearest-neighbour search."""

    def __init__(self, padded: Tensor) -> None:
        self.points = padded[padded[:, 2] > 0, :2].double().cpu().numpy()
        self.tree = cKDTree(self.points)

    def hausdorff(self, other: _Points) -> float:
        to_other, _ = other.tree.query(self.points)
        to_self, _ = self.tree.query(other.points)
        return max(to_other.mean(), to_self.mean())
