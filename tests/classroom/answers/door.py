"""Answers to `Door`: `Right...` are right; the others' docstrings are (part of) their hints."""

import torch


class _Base:
    def __init__(self, network, threshold):
        self.network, self.threshold = network.eval(), threshold
        self.people = {}

    @torch.no_grad()
    def embed(self, images):
        return self.network(images)

    def enrol(self, name, image):
        self.people[name] = self.embed(image[None])[0]

    def distances(self, images):
        return torch.cdist(self.embed(images), torch.stack(list(self.people.values())))

    def identify(self, images):
        if not self.people:
            return [None] * len(images)
        names = list(self.people)
        nearest, which = self.distances(images).min(dim=1)
        return [
            names[i] if d <= self.threshold else None
            for d, i in zip(nearest.tolist(), which.tolist(), strict=True)
        ]


class Right(_Base):
    pass


class RightOneByOne(_Base):
    def identify(self, images):
        said = []
        for image in images:
            best, best_name = self.threshold, None
            for name, z in self.people.items():
                d = (self.embed(image[None])[0] - z).norm().item()
                if d <= best:
                    best, best_name = d, name
            said.append(best_name)
        return said


class FirstOverTheThreshold(_Base):
    """the nearest of all must win"""

    def identify(self, images):
        said = []
        for row in self.distances(images).tolist():
            near = [name for name, d in zip(self.people, row, strict=True) if d <= self.threshold]
            said.append(near[0] if near else None)
        return said


class NobodyRefused(_Base):
    """nobody is ever refused"""

    def identify(self, images):
        names = list(self.people)
        return [names[i] for i in self.distances(images).argmin(dim=1).tolist()]


class SaysUnknown(_Base):
    """the answer for a stranger is None, not a text"""

    def identify(self, images):
        return [name or "unknown" for name in super().identify(images)]


class Farthest(_Base):
    """the farthest person is named"""

    def identify(self, images):
        names = list(self.people)
        return [names[i] for i in self.distances(images).argmax(dim=1).tolist()]


class EmptyGalleryBreaks(_Base):
    """it stops with RuntimeError"""

    def identify(self, images):
        names = list(self.people)
        nearest, which = self.distances(images).min(dim=1)
        return [
            names[i] if d <= self.threshold else None for d, i in zip(nearest, which, strict=True)
        ]


class InTrainingMode(_Base):
    """the network is asked in training mode"""

    def __init__(self, network, threshold):
        super().__init__(network, threshold)
        network.train()


class RecordsGradients(_Base):
    """gradients are recorded"""

    def embed(self, images):
        return self.network(images)


class KeepsOldPicture(_Base):
    """after enrolling again, the old picture still counts"""

    def __init__(self, network, threshold):
        super().__init__(network, threshold)
        self.n = 0

    def enrol(self, name, image):
        self.n += 1
        super().enrol(f"{name}/{self.n}", image)

    def identify(self, images):
        return [name and name.split("/")[0] for name in super().identify(images)]


class IgnoresSecondPicture(_Base):
    """a person who enrols again is not recognised by the new picture"""

    def enrol(self, name, image):
        if name not in self.people:
            super().enrol(name, image)


class OnlyTheFirstVisitor(_Base):
    """identify returns a list with a name or None for each picture"""

    def identify(self, images):
        return super().identify(images)[:1]


class SquaredDistance(_Base):
    """is it squared?"""

    def distances(self, images):
        return super().distances(images) ** 2
