"""Mel cepstra exactly as Kaldi makes them with the options of conf/mfcc.conf: one row every 10 ms."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE = 8000
SHIFT, LENGTH, FFT = 80, 200, 256
BINS, CEPSTRA = 30, 30
LOW, HIGH = 100.0, 3800.0
CONF = (
    "--sample-frequency=8000\n--use-energy=false\n--num-mel-bins=30\n--num-ceps=30\n--low-freq=100\n"
    "--high-freq=3800\n--dither=0.0\n"
)


def _mel(hertz: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return np.asarray(1127.0 * np.log1p(np.asarray(hertz) / 700.0))


def _filters() -> NDArray[np.float64]:
    edges = np.linspace(_mel(LOW), _mel(HIGH), BINS + 2)
    bins = _mel(np.arange(FFT // 2) * (RATE / FFT))
    rows = []
    for left, middle, right in zip(edges[:-2], edges[1:-1], edges[2:], strict=True):
        up, down = (bins - left) / (middle - left), (right - bins) / (right - middle)
        rows.append(np.where((bins > left) & (bins < right), np.minimum(up, down), 0.0))
    return np.array(rows)


def _dct() -> NDArray[np.float64]:
    rows, columns = np.arange(CEPSTRA)[:, None], np.arange(BINS)[None, :]
    matrix = np.sqrt(2.0 / BINS) * np.cos(np.pi / BINS * (columns + 0.5) * rows)
    matrix[0] = np.sqrt(1.0 / BINS)
    lift = 1.0 + 11.0 * np.sin(np.pi * np.arange(CEPSTRA) / 22.0)
    return np.asarray(matrix * lift[:, None])


_WINDOW = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(LENGTH) / (LENGTH - 1))) ** 0.85
_FILTERS = _filters().T
_DCT = _dct().T
_TINY = float(np.finfo(np.float32).eps)


def mfcc(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """`samples`: 8 kHz, as 16-bit integers are (-32768 to 32767)."""
    count = 1 + (len(samples) - LENGTH) // SHIFT
    if count < 1:
        return np.zeros((0, CEPSTRA), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, LENGTH)[::SHIFT][:count].astype(np.float64)
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    frames = (frames - 0.97 * before) * _WINDOW
    power = np.abs(np.fft.rfft(frames, FFT)[:, : FFT // 2]) ** 2
    energies = np.log(np.maximum(power @ _FILTERS, _TINY))
    return (energies @ _DCT).astype(np.float32)
