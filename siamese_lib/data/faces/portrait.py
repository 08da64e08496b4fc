"""Photographs of made-up people: the face is painted from back to front, then lit."""

from __future__ import annotations

import torch
from torch import Tensor

from siamese_lib.data.faces.canvas import Canvas, each
from siamese_lib.data.faces.people import People
from siamese_lib.data.faces.shots import Shots
from siamese_lib.randomness import as_generator

CHUNK = 64  # pictures painted at once: more would fall out of the processor's cache
LIGHTEST, MIDDLE, DARKEST = (0.93, 0.78, 0.69), (0.73, 0.52, 0.38), (0.33, 0.21, 0.15)
HAIRS = ((0.07, 0.06, 0.06), (0.24, 0.15, 0.10), (0.45, 0.28, 0.15), (0.78, 0.62, 0.36))
IRISES = ((0.20, 0.12, 0.07), (0.38, 0.26, 0.12), (0.30, 0.42, 0.28), (0.32, 0.48, 0.66))


def photograph(
    people: People, shots: Shots, size: int = 64, generator: torch.Generator | int | None = None
) -> Tensor:
    """Take photographs.

    Args:
        people: N people, one for each shot (repeat a person for more photographs).
        shots: N of them.
        size: side of the pictures in pixels.
        generator: where the camera's noise comes from: a generator or a seed.

    Returns:
        uint8 ``(N, 3, size, size)``, red, green and blue, on the same device.

    Raises:
        ValueError: not as many people as shots, or pictures of fewer than 16 pixels.
    """
    if len(people) != len(shots.pose):
        raise ValueError(
            f"{len(people)} people for {len(shots.pose)} shots: one for each is needed"
        )
    if size < 16:
        raise ValueError(f"size must be 16 pixels or more for a face, got {size}")
    device = people.facts.device
    generator = as_generator(generator, device)
    images = torch.empty(len(people), 3, size, size, dtype=torch.uint8, device=device)
    for start in range(0, len(people), CHUNK):
        part = slice(start, start + CHUNK)
        picture = _Portrait(people[part], Shots(*(field[part] for field in shots)), size).paint()
        noise = torch.randn(picture.shape, generator=generator, device=device)
        picture += shots.noise[part, None, None, None] * noise
        images[part] = picture.mul_(255).round_().clamp_(0, 255).to(torch.uint8)
    return images


class _Portrait:
    """B faces on one canvas."""

    def __init__(self, people: People, shots: Shots, size: int) -> None:
        self.people, self.shots = people, shots
        self.fact = people.fact
        self.yaw, self.pitch, roll = shots.pose.unbind(1)
        shift_x, shift_y, scale = shots.place.unbind(1)
        side = (torch.arange(size, device=roll.device) + 0.5) * (2 / size) - 1
        x = (side - shift_x[:, None])[:, None, :] / scale[:, None, None]
        y = (side - shift_y[:, None])[:, :, None] / scale[:, None, None]
        cos, sin = roll.cos()[:, None, None], roll.sin()[:, None, None]
        pixel = (2 / size / scale)[:, None, None]
        self.canvas = Canvas(x * cos + y * sin, y * cos - x * sin, pixel, shots.wall)
        self.skin = _skin(people.tone, people.fact("skin_warmth"))
        self.hair = _shade(HAIRS, self.fact("hair_shade"))
        self.smile, self.mouth_open, self.lift, self.eyes_open = shots.expression.unbind(1)

    def paint(self) -> Tensor:
        """float ``(B, 3, H, W)``, about 0 to 1."""
        self._hair_behind()
        self._shoulders()
        self._ears()
        self._head()
        for side in (-1, 1):
            self._eye(side)
        self._nose()
        self._mouth()
        self._marks()
        self._hair_in_front()
        for side in (-1, 1):
            self._brow(side)
        self._light()
        self._glasses()
        return self._camera()

    # Where things are ---------------------------------------------------------------------------

    def _on_head(self, x: Tensor, y: Tensor, out: float = 0.0) -> tuple[Tensor, Tensor, Tensor]:
        """Where a point of the face is seen, and how wide things look there.

        The head is half an ellipsoid that turns: what is near comes forward with the turn.
        """
        width, height = self.fact("head_width"), self.fact("head_height")
        rest = (1 - (x / width) ** 2 - 0.5 * (y / height) ** 2).clamp(min=0.05).sqrt()
        depth = 0.42 * rest + out
        wide = self.yaw.cos() - self.yaw.sin() * 0.42 * x / (width**2 * rest)
        seen_x = x * self.yaw.cos() + depth * self.yaw.sin()
        seen_y = y * self.pitch.cos() + depth * self.pitch.sin()
        return seen_x, seen_y, wide.clamp(0.55, 1.3)

    # From back to front -------------------------------------------------------------------------

    def _hair_behind(self) -> None:
        length = self.fact("hair_length")
        width = self.fact("head_width") + 0.5 * self.fact("hair_volume") + 0.05
        shown = ((length + 0.2) * 8).clamp(0, 1)
        bottom = (0.15 + length).clamp(min=0.1)
        middle = 0.5 * (bottom - 0.55)
        coverage = self.canvas.ellipse(0.25 * self.yaw.sin(), middle, width, 0.5 * (bottom + 0.65))
        self.canvas.paint(coverage, 0.8 * self.hair, shown)
        self.person = coverage * each(shown)

    def _shoulders(self) -> None:
        zero = torch.zeros_like(self.yaw)
        neck = self.canvas.inside(
            torch.maximum(
                self.canvas.x.abs() - each(0.52 * self.fact("head_width")), 0.3 - self.canvas.y
            )
        )
        self.canvas.paint(neck, 0.80 * self.skin)
        clothes = self.canvas.ellipse(zero, zero + 1.25, zero + 0.98, zero + 0.42)
        self.canvas.paint(clothes, self.shots.clothes)
        self.person = torch.maximum(self.person, neck * (1 - clothes))

    def _ears(self) -> None:
        size, level = self.fact("ear_size"), self.fact("ear_level")
        for side in (-1, 1):
            x = side * self.fact("head_width") * 0.97 * self.yaw.cos() - 0.16 * self.yaw.sin()
            y = level + 0.1 * self.pitch
            wide = (0.55 - 0.5 * side * self.yaw).clamp(0.1, 1)
            outer = self.canvas.ellipse(x, y, size * wide, size)
            self.canvas.paint(outer, 0.93 * self.skin)
            self.person = torch.maximum(self.person, outer)
            inner = self.canvas.ellipse(x, y, 0.55 * size * wide, 0.65 * size)
            self.canvas.shade(inner, 0.82)

    def _head(self) -> None:
        width, height = each(self.fact("head_width")), each(self.fact("head_height"))
        u, v = self.canvas.x / width, self.canvas.y / height
        power = torch.where(v > 0, each(self.fact("jaw")), each(self.fact("crown")))
        # Below the eyes the outline narrows towards the chin.
        narrow = 1 - 0.16 * v.clamp(min=0).square()
        u = u / narrow
        across, down = u.abs().clamp(min=1e-3), v.abs().clamp(min=1e-3)
        level = across.pow(power) + down.pow(power)
        slope = (
            power
            * (
                (across.pow(power - 1) / (width * narrow)).square_()
                + (down.pow(power - 1) / height).square_()
            ).sqrt_()
        )
        head = self.canvas.inside((level - 1) / slope.clamp_(min=0.5))
        self.canvas.paint(head, self.skin)
        self.person = torch.maximum(self.person, head)
        self.head = head

    def _eye(self, side: int) -> None:
        x, y, wide = self._on_head(side * self.fact("eye_distance"), self.fact("eye_level"))
        canvas = self.canvas.window(x, y, 0.25, 0.20)
        a = self.fact("eye_width") * wide
        b = self.fact("eye_height") * self.eyes_open.clamp(0.45, 1.5)
        turn = -side * self.fact("eye_tilt")
        socket = canvas.ellipse(x, y - 0.01, 1.45 * a, 2.1 * b, turn)
        canvas.shade(socket, 0.90)
        white = canvas.ellipse(x, y, a, b, turn)
        canvas.paint(white, self.skin.new_tensor([[0.93, 0.92, 0.90]]))
        look_x, look_y = self.shots.gaze.unbind(1)
        at_x, at_y = x + 0.35 * a * (look_x + self.yaw), y + 0.2 * b * look_y
        iris_size = 0.5 * self.fact("eye_width")
        iris = canvas.ellipse(at_x, at_y, iris_size * wide, iris_size) * white
        canvas.paint(iris, _shade(IRISES, self.fact("iris_shade")))
        pupil = canvas.ellipse(at_x, at_y, 0.45 * iris_size * wide, 0.45 * iris_size) * white
        canvas.paint(pupil, 0 * self.skin + 0.03)
        lid = (canvas.ellipse(x, y - 0.014, 1.06 * a, 1.06 * b, turn) - white).clamp(min=0)
        canvas.paint(lid, 0.35 * self.skin)

    def _brow(self, side: int) -> None:
        level = self.fact("eye_level") - self.fact("brow_gap") - 0.015 * self.lift
        x, y, wide = self._on_head(side * (self.fact("eye_distance") + 0.005), level)
        length = self.fact("brow_length") * wide
        canvas = self.canvas.window(x, y, 0.25, 0.15)
        u = (canvas.x - each(x)) / each(length) * side  # -1 inside to 1 outside
        rise = self.fact("brow_arch")[:, None, None] * (1 - u.square())
        slope = each(self.fact("brow_tilt") * length) * u
        distance = canvas.y - each(y) + rise - slope
        taper = (1 - 0.5 * u.clamp(-1, 1)) * each(self.fact("brow_thickness"))
        ends = canvas.inside((u.abs() - 1) * each(length))
        canvas.paint(canvas.band(distance, taper) * ends, 0.75 * self.hair, 0.9)

    def _nose(self) -> None:
        length, width = self.fact("nose_length"), self.fact("nose_width")
        top = self.fact("eye_level") + 0.02
        zero = torch.zeros_like(width)
        tip_x, tip_y, wide = self._on_head(zero, top + length, out=0.10)
        root_x, root_y, _ = self._on_head(zero, top)
        canvas = self.canvas.window((root_x + tip_x) / 2, (root_y + tip_y) / 2, 0.30, 0.33)
        # A ridge from root to tip: lighter along it, darker beside it and below.
        t = ((canvas.y - each(root_y)) / each(tip_y - root_y)).clamp(0, 1)
        middle = each(root_x) + t * each(tip_x - root_x)
        along = canvas.inside((canvas.y - each(tip_y)).clamp(min=0)) * canvas.inside(
            each(root_y) - canvas.y
        )
        aside = (canvas.x - middle) / each(width * wide)
        flank = torch.exp(-6 * (aside.abs() - 0.45 - 0.35 * t).square()) * (0.3 + 0.7 * t)
        canvas.shade(flank * along, 0.84)
        canvas.shade(torch.exp(-8 * aside.square()) * along, 1.07)
        tip = canvas.ellipse(tip_x, tip_y, width * wide, 0.42 * width + 0.012)
        below = canvas.ellipse(tip_x, tip_y + 0.028, width * wide, 0.42 * width + 0.012)
        canvas.shade((below - tip).clamp(min=0), 0.72)
        for side in (-1, 1):
            hole = canvas.ellipse(
                tip_x + side * 0.48 * width * wide,
                tip_y + 0.022 + 0.05 * self.pitch,
                0.26 * width * wide,
                0.13 * width + 0.004,
            )
            canvas.paint(hole, 0.33 * self.skin, 0.85)

    def _mouth(self) -> None:
        zero = torch.zeros_like(self.yaw)
        x, y, wide = self._on_head(zero, self.fact("mouth_level"), out=0.03)
        canvas = self.canvas.window(x, y, 0.36, 0.22)
        half = self.fact("mouth_width") * wide * (1 + 0.12 * self.smile)
        u = (canvas.x - each(x)) / each(half)
        bend = self.fact("mouth_curve") + 0.16 * self.smile
        curve = canvas.y - each(y) + each(bend * half) * (u.square() - 0.5)
        profile = (1 - u.square()).clamp(min=0).sqrt()
        opened = 0.05 * self.mouth_open
        lips = 0.55 * self.skin + 0.45 * (self.skin * _warm(self.fact("lip_shade")))
        upper = each(self.fact("upper_lip") + opened) * profile
        lower = each(self.fact("lower_lip") + opened) * profile
        within = canvas.inside((u.abs() - 1) * each(half))
        lip = canvas.inside(torch.maximum(-curve - upper, curve - lower)) * within
        canvas.paint(lip, lips)
        gap = canvas.inside(curve.abs() - each(opened) * profile) * within
        teeth = canvas.inside(curve.abs() - 0.6 * each(opened) * profile) * within
        canvas.paint(gap, 0.25 * self.skin)
        canvas.paint(teeth, 0 * self.skin + 0.85, (self.mouth_open * 3).clamp(0, 1))
        line = canvas.band(curve, 0 * self.yaw + 0.007) * within
        canvas.paint(line, 0.35 * self.skin, 1 - (self.mouth_open * 3).clamp(0, 1))

    def _marks(self) -> None:
        canvas = self.canvas
        beard = (self.fact("beard") * 0.7).clamp(0, 0.75)
        _, jaw_y, _ = self._on_head(torch.zeros_like(beard), self.fact("mouth_level") - 0.09)
        low = ((canvas.y - each(jaw_y)) / 0.10).clamp(0, 1)
        side = ((canvas.x.abs() / each(self.fact("head_width")) - 0.72) / 0.15).clamp(0, 1)
        x, y, _ = self._on_head(torch.zeros_like(beard), self.fact("mouth_level"))
        mouth = canvas.ellipse(x, y, 1.05 * self.fact("mouth_width"), 0 * beard + 0.065)
        area = torch.maximum(low, side * ((canvas.y - 0.02) / 0.08).clamp(0, 1)) * (1 - mouth)
        canvas.paint(area * self.head, 0.7 * self.hair + 0.3 * self.skin, beard)
        x, y, wide = self._on_head(self.fact("mole_x"), self.fact("mole_y"))
        near = canvas.window(x, y, 0.08, 0.08)
        mole = near.ellipse(x, y, 0.020 * wide, 0 * x + 0.020)
        near.paint(mole, 0.35 * self.skin, (self.fact("mole") * 4).clamp(0, 1))

    def _hair_in_front(self) -> None:
        canvas = self.canvas
        volume, fringe, parting = self.shots.hair.unbind(1)
        thick = (self.fact("hair_volume") + 0.012 * volume).clamp(min=0.004)
        width = self.fact("head_width") + 0.6 * thick
        height = self.fact("head_height") + thick
        cap = canvas.ellipse(0 * width, 0 * width, width, height)
        x = canvas.x - each(0.42 * self.yaw.sin())
        at = each(self.fact("hair_parting") + 0.03 * parting)
        line = (
            each(self.fact("hairline") + 0.018 * fringe + 0.40 * self.pitch.sin())
            + each(self.fact("hair_peak")) * torch.exp(-(x / 0.14).square())
            + 1.1 * (x - at).square() * (x.abs() < 1)
            - 0.05 * torch.exp(-((x - at) / 0.05).square())
        )
        front = canvas.inside(canvas.y - line) * cap
        canvas.paint(front, self.hair)
        self.person = torch.maximum(self.person, front)
        strand = 1 + 0.10 * torch.sin(38 * (x - at) + 6 * canvas.y)
        canvas.shade(front, strand)
        # Shadow of the hair on the forehead.
        canvas.shade((canvas.inside(canvas.y - line - 0.035) - front).clamp(min=0) * self.head, 0.9)

    def _light(self) -> None:
        """Directed light: brighter where the head, an ellipsoid, faces it."""
        canvas = self.canvas
        to_right, down, directed, _ = self.shots.light.unbind(1)
        nx = canvas.x / 0.62
        ny = canvas.y / 0.80
        nz = (1 - nx.square() - ny.square()).clamp_(min=0.02).sqrt_()
        facing = each(to_right) * nx + each(down) * ny + 0.75 * nz
        lit = 1 + each(directed) * (1.25 * facing.clamp_(min=0) - 0.8)
        canvas.shade(self.person, lit)

    def _glasses(self) -> None:
        wide, high, thick = self.people.frame.unbind(1)
        worn = self.shots.glasses.to(wide.dtype)
        colour = torch.full_like(self.skin, 0.10)
        half_line = 0.010 + 0.0035 * thick
        level = self.fact("eye_level") + 0.012
        inner_ends = []
        for side in (-1, 1):
            x, y, near = self._on_head(side * (self.fact("eye_distance") + 0.012), level, out=0.04)
            canvas = self.canvas.window(x, y, 0.42, 0.22)
            a, b = (0.148 + 0.012 * wide) * near, 0.108 + 0.014 * high
            u = (canvas.x - each(x)).abs() - each(0.45 * a)
            v = (canvas.y - each(y)).abs() - each(0.45 * b)
            corner = 0.55 * torch.minimum(a, b)
            outside = (u.clamp(min=0).square() + v.clamp(min=0).square()).sqrt_()
            edge = outside + torch.maximum(u, v).clamp(max=0) - each(corner)
            canvas.shade(canvas.inside(edge), 1 - 0.06 * worn)
            canvas.paint(canvas.band(edge, half_line), colour, worn)
            glare = canvas.inside(edge) * canvas.band(
                canvas.x - each(x) + 0.9 * (canvas.y - each(y)) - 0.03, 0 * a + 0.012
            )
            canvas.paint(glare, 0 * self.skin + 1, 0.45 * worn)
            inner_ends.append(x - side * (0.45 * a + corner))
            temple = canvas.band(canvas.y - each(y - 0.02), half_line)
            beyond = canvas.inside(each(0.45 * a + corner) - side * (canvas.x - each(x)))
            canvas.paint(temple * beyond * self.head[canvas.place], colour, worn)
        left, right = inner_ends
        _, y, _ = self._on_head(0 * wide, level, out=0.05)
        middle, half = (left + right) / 2, (right - left) / 2
        canvas = self.canvas.window(middle, y - 0.02, 0.2, 0.06)
        between = canvas.inside((canvas.x - each(middle)).abs() - each(half))
        canvas.paint(canvas.band(canvas.y - each(y - 0.02), half_line) * between, colour, worn)

    def _camera(self) -> Tensor:
        exposed = self.shots.cast * self.shots.light[:, 3:]
        return self.canvas.picture * exposed[:, :, None, None]


def _skin(tone: Tensor, warmth: Tensor) -> Tensor:
    """Colours ``(B, 3)`` of tones from 0 to 1."""
    lightest, middle, darkest = (tone.new_tensor(c) for c in (LIGHTEST, MIDDLE, DARKEST))
    t = tone[:, None]
    light_half = lightest + 2 * t * (middle - lightest)
    dark_half = middle + (2 * t - 1) * (darkest - middle)
    colour = torch.where(t < 0.5, light_half, dark_half)
    return colour * (1 + 0.06 * warmth[:, None] * tone.new_tensor([0.3, -0.3, -1.0]))


def _warm(shade: Tensor) -> Tensor:
    """Factors ``(B, 3)`` that redden a colour more or less."""
    return 1 + (0.8 + 0.25 * shade)[:, None] * shade.new_tensor([0.0, -0.38, -0.30])


def _shade(colours: tuple[tuple[float, float, float], ...], place: Tensor) -> Tensor:
    """Colours ``(B, 3)`` between some given ones, by the quantile of a normal deviate."""
    table = place.new_tensor(colours)
    at = torch.special.ndtr(place) * (len(colours) - 1)
    below = at.floor().long().clamp(max=len(colours) - 2)
    return table[below] + (at - below)[:, None] * (table[below + 1] - table[below])
