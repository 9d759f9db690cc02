"""Which state of a word is heard when: evenly at first, then where the network finds it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scripts.train_speech_model.network import STRIDE, Tdnn, posteriors

SILENCE, GARBAGE, FIRST = 0, 1, 2


def evenly(
    frames: int, segments: NDArray[np.int64], starts: NDArray[np.int64], sizes: NDArray[np.int64]
) -> NDArray[np.int16]:
    """Labels of all frames. `starts` and `sizes`: each word's first place and number of states."""
    labels = np.zeros(frames, np.int16)
    for word, first, last in segments:
        if word < 0:
            labels[first:last] = GARBAGE
        else:
            labels[first:last] = starts[word] + np.arange(last - first) * sizes[word] // (last - first)
    return labels


def again(
    model: Tdnn,
    features: NDArray[np.float16],
    labels: NDArray[np.int16],
    segments: NDArray[np.int64],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    priors: NDArray[np.float64],
) -> NDArray[np.int16]:
    """The best way through each word's states within the word's time."""
    fresh = labels.copy()
    piece = 30000
    logs = np.log(np.maximum(priors, 1e-6)).astype(np.float32)
    order = segments[np.argsort(segments[:, 1])]
    place = 0
    for begin in range(0, len(features), piece):
        end = min(len(features), begin + piece + 600)
        scores = posteriors(model, features[begin:end]) - logs
        while place < len(order) and order[place, 1] < begin + piece:
            word, first, last = order[place]
            place += 1
            if word < 0 or last > end:
                continue
            rows = scores[
                (first - begin) // STRIDE : (last - begin - 1) // STRIDE + 1,
                starts[word] : starts[word] + sizes[word],
            ]
            if len(rows) < sizes[word]:
                continue
            path = _best_way(rows)
            at = np.minimum(
                (np.arange(first, last) - begin) // STRIDE - (first - begin) // STRIDE, len(path) - 1
            )
            fresh[first:last] = starts[word] + path[at]
    return fresh


def _best_way(rows: NDArray[np.float32]) -> NDArray[np.int64]:
    """Left to right, each state at least once."""
    count, states = rows.shape
    best = np.full(states, -np.inf, np.float32)
    best[0] = rows[0, 0]
    came = np.zeros((count, states), np.int8)
    for time in range(1, count):
        before = np.concatenate([[-np.inf], best[:-1]])
        came[time] = before > best
        best = np.maximum(best, before) + rows[time]
    path = np.zeros(count, np.int64)
    state = states - 1
    for time in range(count - 1, -1, -1):
        path[time] = state
        state -= int(came[time, state])
    return path
