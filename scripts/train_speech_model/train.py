"""From a corpus to a model folder for vosk.

    python -m scripts.train_speech_model.train en /tmp/speech-en callcenter/speech/models/en

Weights are kept in the corpus's folder after each pass; passes that are there are not repeated.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from scripts.train_speech_model import align, words
from scripts.train_speech_model.export import write_model
from scripts.train_speech_model.network import Tdnn, train

PASSES = ((1.5, 2.5e-3), (2.0, 2.5e-3), (7.0, 3e-3))
"""Epochs and highest learning rate; between two passes the states are aligned anew."""
LAST_PASS = (2.5, 2e-3)
"""Over the other synthesiser's lines as well, each of them twice; left out when there are none."""

Numbers = NDArray[np.int64]


def places_of(vocabulary: list[str], sizes: Numbers) -> tuple[Numbers, int]:
    """Each word's first place in the network, and how many there are; words of one sound share theirs."""
    starts = np.zeros_like(sizes)
    place = align.FIRST
    for number, word in enumerate(vocabulary):
        if word not in words.SAME_SOUND:
            starts[number] = place
            place += int(sizes[number])
    for word, other in words.SAME_SOUND.items():
        if word in vocabulary:
            starts[vocabulary.index(word)] = starts[vocabulary.index(other)]
            sizes[vocabulary.index(word)] = sizes[vocabulary.index(other)]
    return starts, place


def main(language: str, corpus: Path, target: Path) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(7)
    features, segments = np.load(corpus / "features.npy"), np.load(corpus / "segments.npy")
    sizes, plain = np.load(corpus / "states.npy"), int(np.load(corpus / "plain.npy"))
    vocabulary = words.vocabulary(language)
    starts, places = places_of(vocabulary, sizes)
    model = Tdnn(features.shape[1], places)
    sample = features[: plain : max(1, plain // 200000)].astype(np.float32)
    model.mean.copy_(torch.from_numpy(sample.mean(0)))
    model.scale.copy_(torch.from_numpy(1 / sample.std(0)))
    parameters = sum(one.numel() for one in model.parameters())
    print(f"{language}: {len(features) / 360000:.1f} hours, {places} places, {parameters} parameters")
    labels = align.evenly(len(features), segments, starts, sizes)
    passes = [(epochs, peak, plain) for epochs, peak in PASSES]
    if plain < len(features):
        passes.append((*LAST_PASS, len(features)))
    for number, (epochs, peak, count) in enumerate(passes, 1):
        kept = corpus / f"pass{number}.pt"
        if kept.exists():
            model.load_state_dict(torch.load(kept))
            model.eval()
        else:
            rows, wanted = features[:count], labels[:count]
            if count > plain:
                rows = np.concatenate([rows, features[plain:]])
                wanted = np.concatenate([wanted, labels[plain:]])
            train(model, rows, wanted, epochs, peak, seed=number - 1, say=f"{language} pass {number}")
            torch.save(model.state_dict(), kept)
        priors = np.bincount(labels[:count], minlength=places) / count
        write_model(target, model, vocabulary, starts, sizes, priors)
        if number < len(passes) and not (corpus / f"pass{number + 1}.pt").exists():
            labels = align.again(model, features, labels, segments, starts, sizes, priors)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
