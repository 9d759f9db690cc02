"""The acoustic network and its training: one place a state of a word, silence 0, garbage 1."""

from __future__ import annotations

import time

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

STRIDE = 3
WIDTH = 144
STEPS = (1, 1, 1, 2, 2)
"""How far each layer behind the first looks to both sides, in evaluated frames (30 ms)."""
REACH = 2 + STRIDE * sum(STEPS)
"""Frames (10 ms) seen on each side."""


class Tdnn(nn.Module):
    """Rows of cepstra to log posteriors, one row out for three in."""

    def __init__(self, cepstra: int, places: int) -> None:
        super().__init__()
        self.affines = nn.ModuleList([nn.Conv1d(cepstra, WIDTH, 5, stride=STRIDE)])
        self.affines += [nn.Conv1d(WIDTH, WIDTH, 3, dilation=step) for step in STEPS]
        self.norms = nn.ModuleList([nn.BatchNorm1d(WIDTH) for _ in self.affines])
        self.drop = nn.Dropout(0.1)
        self.last = nn.Conv1d(WIDTH, places, 1)
        self.register_buffer("mean", torch.zeros(cepstra))
        self.register_buffer("scale", torch.ones(cepstra))

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """`rows`: (lines, frames, cepstra) -> (lines, places, frames out)."""
        x = ((rows - self.mean) * self.scale).transpose(1, 2)
        for affine, norm in zip(self.affines, self.norms, strict=True):
            x = self.drop(norm(torch.relu(affine(x)))) if self.training else norm(torch.relu(affine(x)))
        return torch.log_softmax(self.last(x), dim=1)


def train(
    model: Tdnn,
    features: NDArray[np.float16],
    labels: NDArray[np.int16],
    epochs: float,
    peak: float,
    seed: int,
    say: str,
    seconds_out: int = 3,
) -> None:
    """Cross entropy over windows of `seconds_out` seconds drawn from the whole corpus, at every phase."""
    draw = np.random.default_rng(seed)
    torch.manual_seed(seed)
    out = seconds_out * 100 // STRIDE
    length = (out - 1) * STRIDE + 1 + 2 * REACH
    batch = 24
    steps = int(epochs * len(features) / (batch * out * STRIDE))
    optimizer = torch.optim.AdamW(model.parameters(), lr=peak, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, peak, total_steps=steps, pct_start=0.2)
    rows_at, out_at = np.arange(length), REACH + STRIDE * np.arange(out)
    begun, lost, right, seen = time.monotonic(), 0.0, 0.0, 0.0
    model.train()
    for step in range(steps):
        starts = draw.integers(0, len(features) - length, batch)[:, None]
        x = torch.from_numpy(features[starts + rows_at].astype(np.float32))
        y = torch.from_numpy(labels[starts + out_at].astype(np.int64))
        scores = model(x)
        loss = nn.functional.nll_loss(scores, y)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        spoken = y > 0
        lost, right, seen = (
            lost + loss.item(),
            right + (scores.argmax(1) == y)[spoken].sum().item(),
            seen + spoken.sum().item(),
        )
        if (step + 1) % 500 == 0 or step + 1 == steps:
            count = (step % 500) + 1
            print(f"{say} {step + 1}/{steps} loss {lost / count:.3f} right in speech {right / seen:.3f} "
                  f"{time.monotonic() - begun:.0f} s", flush=True)  # fmt: skip
            lost = right = seen = 0.0
    model.eval()


@torch.no_grad()
def posteriors(model: Tdnn, rows: NDArray[np.float16]) -> NDArray[np.float32]:
    """Log posteriors at every third frame, the first at frame 0; the edges are repeated."""
    padded = np.concatenate([np.repeat(rows[:1], REACH, 0), rows, np.repeat(rows[-1:], REACH, 0)])
    result = model(torch.from_numpy(padded.astype(np.float32))[None])[0]
    return np.asarray(result.T.numpy())
