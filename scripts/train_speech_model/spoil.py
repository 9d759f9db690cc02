"""What rooms, phones and lines do to a voice. Every function draws from the generator it is given."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.fft import next_fast_len
from scipy.signal import fftconvolve, resample_poly

Sound = NDArray[np.float32]
RATE = 8000


def to_8k(samples: Sound, warp: float) -> Sound:
    """22,050 Hz to 8,000 Hz; `warp` over 1: higher and faster, as a smaller person."""
    return np.asarray(resample_poly(samples, 160, round(441 * warp)), np.float32)


def _shape(samples: Sound, draw: Generator) -> Sound:
    """The line's band and a microphone of its own."""
    size = next_fast_len(len(samples), real=True)
    spectrum = np.fft.rfft(samples, size)
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    knots = np.array([0, 200, 400, 800, 1500, 2400, 3300, 4000])
    gains = draw.normal(0, 3.0, len(knots)) + draw.uniform(-6, 6) * (knots / 4000 - 0.4)
    low, high = draw.uniform(60, 320), draw.uniform(3200, 3900)
    band = 1 / (1 + (low / np.maximum(hertz, 1)) ** 6) / (1 + (hertz / high) ** 24)
    shaped = np.fft.irfft(spectrum * band * 10 ** (np.interp(hertz, knots, gains) / 20), size)
    return np.asarray(shaped[: len(samples)], np.float32)


def _room(samples: Sound, draw: Generator) -> Sound:
    seconds = draw.uniform(0.08, 0.35)
    times = np.arange(int(seconds * RATE)) / RATE
    tail = draw.normal(0, 1, len(times)) * 10 ** (-3 * times / seconds)
    tail[: int(0.002 * RATE)] = 0
    tail *= draw.uniform(0.05, 0.35) / np.sqrt(np.sum(tail**2))
    tail[0] = 1
    return np.asarray(fftconvolve(samples, tail)[: len(samples)], np.float32)


def noise(count: int, draw: Generator) -> Sound:
    """White, pink, brown, hum, or a mixture; its power is 1."""
    size = next_fast_len(count, real=True)
    spectrum = np.fft.rfft(draw.normal(0, 1, size))
    hertz = np.maximum(np.fft.rfftfreq(size, 1 / RATE), 20)
    sound = np.fft.irfft(spectrum * hertz ** -draw.choice([0, 0.5, 0.5, 1.0]), size)[:count]
    if draw.random() < 0.2:
        base, times = draw.choice([50, 60, 100, 120]), np.arange(count) / RATE
        hum = sum(draw.random() * np.sin(2 * np.pi * base * n * times) for n in range(1, 6))
        sound = sound / max(1e-9, sound.std()) + hum * draw.uniform(0.5, 2)
    if draw.random() < 0.3:  # it comes and goes
        knots = draw.uniform(0.3, 1.5, max(2, count // 2000))
        sound = sound * np.interp(np.arange(count), np.linspace(0, count, len(knots)), knots)
    return np.asarray(sound / max(1e-9, sound.std()), np.float32)


def _companded(samples: Sound, a_law: bool) -> Sound:
    """There and back through 8 bits."""
    clipped = np.clip(samples, -1, 1)
    size, sign = np.abs(clipped), np.sign(clipped)
    if a_law:
        slope = 1 + np.log(87.6)
        coded = np.where(size < 1 / 87.6, 87.6 * size, 1 + np.log(np.maximum(87.6 * size, 1))) / slope
        coded = np.round(coded * 127) / 127
        back = np.where(coded < 1 / slope, coded * slope / 87.6, np.exp(coded * slope - 1) / 87.6)
    else:
        coded = np.round(np.log1p(255 * size) / np.log(256) * 127) / 127
        back = np.expm1(coded * np.log(256)) / 255
    return np.asarray(sign * back, np.float32)


def spoiled(
    samples: Sound, draw: Generator, babble: Sound | None = None, snr: tuple[float, float] = (6, 36)
) -> Sound:
    """A clean 8 kHz sound (peak about 0.5) as the far end hears it. The length stays."""
    sound = samples
    loud = float(np.sqrt(np.mean(sound[np.abs(sound) > 0.01] ** 2))) if np.any(np.abs(sound) > 0.01) else 0.05
    if draw.random() < 0.3:
        sound = _room(sound, draw)
    kind = draw.random()
    if kind < 0.75:
        sound = sound + noise(len(sound), draw) * loud * 10 ** (-draw.uniform(*snr) / 20)
    elif kind < 0.85 and babble is not None and len(babble):
        other = np.resize(babble, len(sound))
        sound = sound + other * (loud / max(1e-4, float(other.std()))) * 10 ** (-draw.uniform(14, 26) / 20)
    if draw.random() < 0.85:
        sound = _shape(np.asarray(sound, np.float32), draw)
    peak = max(1e-6, float(np.abs(sound).max()))
    sound = sound / peak * 10 ** (draw.uniform(-26, 1) / 20)
    law = draw.random()
    if law < 0.6:
        sound = _companded(np.asarray(sound, np.float32), False)
    elif law < 0.85:
        sound = _companded(np.asarray(sound, np.float32), True)
    return np.asarray(np.clip(sound, -1, 1), np.float32)
