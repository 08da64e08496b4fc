"""Many drawings in one small picture, which a page carries inside itself."""

from __future__ import annotations

import base64
import io
import math

import torch
from PIL import Image
from torch import Tensor


def sheet_of(images: Tensor, columns: int) -> str:
    """All drawings on one sheet, dark on light, as a PNG inside an address (``data:``)."""
    n, _, height, width = images.shape
    rows = math.ceil(n / columns)
    sheet = torch.full((rows * columns, height, width), 255, dtype=torch.uint8)
    sheet[:n] = 255 - images[:, 0].cpu()
    sheet = sheet.view(rows, columns, height, width).transpose(1, 2).reshape(rows * height, -1)
    # Sixteen greys are enough to recognise a drawing, and make the page a third as large.
    picture = Image.fromarray(sheet.numpy()).quantize(16)
    buffer = io.BytesIO()
    picture.save(buffer, format="png", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
