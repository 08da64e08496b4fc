"""Answers to `Twins`: `Right...` are right; the others' docstrings are (part of) their hints."""

import copy

import torch
from torch import nn


def _distance(z1, z2):
    return (z1 - z2).norm(dim=1)


class _Base(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network


class Right(_Base):
    def forward(self, x1, x2):
        return _distance(self.network(x1), self.network(x2))


class RightInOneGo(_Base):
    def forward(self, x1, x2):
        return _distance(*self.network(torch.cat([x1, x2])).chunk(2))


class TwoNetworks(nn.Module):
    """there are two sets of weights"""

    def __init__(self, network):
        super().__init__()
        self.first, self.second = network, copy.deepcopy(network)

    def forward(self, x1, x2):
        return _distance(self.first(x1), self.second(x2))


class Listed(nn.Module):
    """parameters() is empty"""

    def __init__(self, network):
        super().__init__()
        self.networks = [network, network]

    def forward(self, x1, x2):
        return _distance(self.networks[0](x1), self.networks[1](x2))


class SecondWithoutGradient(_Base):
    """the second twin gets no gradient"""

    def forward(self, x1, x2):
        with torch.no_grad():
            z2 = self.network(x2)
        return _distance(self.network(x1), z2)


class FirstWithoutGradient(_Base):
    """the first twin gets no gradient"""

    def forward(self, x1, x2):
        return _distance(self.network(x1).detach(), self.network(x2))


class Squared(_Base):
    """it returns the squared distance"""

    def forward(self, x1, x2):
        return (self.network(x1) - self.network(x2)).square().sum(dim=1)


class Difference(_Base):
    """it returns the difference of the embeddings"""

    def forward(self, x1, x2):
        return self.network(x1) - self.network(x2)


class BothEmbeddings(_Base):
    """it returns both embeddings; the distance is asked for"""

    def forward(self, x1, x2):
        return self.network(x1), self.network(x2)


class Typo(_Base):
    """both inputs go in as x1"""

    def forward(self, x1, x2):
        return _distance(self.network(x1), self.network(x1))


class Similarity(_Base):
    """it returns minus the distance, a similarity"""

    def forward(self, x1, x2):
        return -_distance(self.network(x1), self.network(x2))


class OfThePixels(_Base):
    """it compares the images, not their embeddings"""

    def forward(self, x1, x2):
        return _distance(x1, x2)


class Column(_Base):
    """the shape is (B, 1)"""

    def forward(self, x1, x2):
        return _distance(self.network(x1), self.network(x2))[:, None]


class WithAHead(_Base):
    """there are 209 weights, where the network that you were given has 192"""

    def __init__(self, network):
        super().__init__(network)
        self.head = nn.Linear(16, 1)

    def forward(self, x1, x2):
        return _distance(self.network(x1), self.network(x2))


class FreshCopy(_Base):
    """there are two sets of weights"""

    def __init__(self, network):
        super().__init__(network)
        self.first = copy.deepcopy(network)  # never trained: nothing is added to the parameters
        self.first.requires_grad_(False)

    def forward(self, x1, x2):
        return _distance(self.first(x1), self.network(x2))
