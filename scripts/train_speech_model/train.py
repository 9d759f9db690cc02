"""From a corpus to a model folder for vosk.

python -m scripts.train_speech_model.train en /tmp/speech-en callcenter/speech/models/en
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch

from scripts.train_speech_model import align, words
from scripts.train_speech_model.export import write_model
from scripts.train_speech_model.network import Tdnn, train

PASSES = ((1.5, 2.5e-3), (2.0, 2.5e-3), (7.0, 3e-3))
"""Epochs and highest learning rate; between two passes the states are aligned anew."""


def main(language: str, corpus: Path, target: Path, scale: float = 1.0) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(7)
    features = np.load(corpus / "features.npy")
    segments = np.load(corpus / "segments.npy")
    sizes = np.load(corpus / "states.npy")
    vocabulary = words.vocabulary(language)
    same = {
        vocabulary.index(word): vocabulary.index(other)
        for word, other in words.SAME_SOUND.items()
        if word in vocabulary
    }
    for word, other in same.items():
        segments[segments[:, 0] == word, 0] = other
        sizes[word] = sizes[other]
    owners = [word for word in range(len(sizes)) if word not in same]
    starts = np.zeros_like(sizes)
    starts[owners] = align.FIRST + np.concatenate([[0], np.cumsum(sizes[owners])[:-1]])
    for word, other in same.items():
        starts[word] = starts[other]
    places = int(align.FIRST + sizes[owners].sum())
    model = Tdnn(features.shape[1], places)
    sample = features[:: max(1, len(features) // 200000)].astype(np.float32)
    model.mean.copy_(torch.from_numpy(sample.mean(0)))
    model.scale.copy_(torch.from_numpy(1 / sample.std(0)))
    print(
        language,
        len(features) / 360000,
        "hours",
        places,
        "places",
        sum(p.numel() for p in model.parameters()),
        "parameters",
    )
    labels = align.evenly(len(features), segments, starts, sizes)
    for number, (epochs, peak) in enumerate(PASSES):
        train(model, features, labels, epochs * scale, peak, seed=number, say=f"{language} pass {number + 1}")
        priors = np.bincount(labels, minlength=places) / len(labels)
        torch.save(model.state_dict(), corpus / f"pass{number + 1}.pt")
        write_model(target, model, vocabulary, starts, sizes, priors)
        if number + 1 < len(PASSES):
            labels = align.again(model, features, labels, segments, starts, sizes, priors)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4]) if len(sys.argv) > 4 else 1.0)
