"""A trained network as a model folder for vosk: the network and transitions as Kaldi's text, graphs as
OpenFst's bytes.

Phones are the states of words: phone 1 is silence, 2 to 4 are garbage (`[unk]`), then each word's own. Every
phone has one emitting state; transition ids of phone p are 2p-1 (stay) and 2p (go on).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scripts.train_speech_model.align import GARBAGE
from scripts.train_speech_model.mfcc import CONF
from scripts.train_speech_model.network import STEPS, STRIDE, WIDTH, Tdnn

UNKNOWN = "[unk]"
SILENCE_COST = 0.7
OPEN_WORD_COST, OPEN_UNKNOWN_COST = 3.5, 2.0
MODEL_CONF = """--min-active=200
--max-active=3000
--beam=13.0
--lattice-beam=10.0
--acoustic-scale=0.3
--frame-subsampling-factor=3
--frames-per-chunk=9
--endpoint.silence-phones=1
--endpoint.rule2.min-trailing-silence=0.4
--endpoint.rule3.min-trailing-silence=0.75
--endpoint.rule4.min-trailing-silence=1.0
"""
_DIGITS = 4

Matrix = NDArray[np.float64]


def _rounded(value: float) -> str:
    """Four digits are enough, and make the file small."""
    text = f"{value:.{_DIGITS}g}"
    return "0" if "e" in text and abs(value) < 1e-6 else text


def _vector(values: Sequence[float] | Matrix) -> str:
    return "[ " + " ".join(_rounded(float(value)) for value in values) + " ]"


def _matrix(rows: Matrix) -> str:
    return "[\n" + "\n".join(" " + " ".join(_rounded(float(v)) for v in row) for row in rows) + " ]"


def folded(model: Tdnn) -> list[tuple[Matrix, Matrix]]:
    """Affine maps with the norms before them folded in: (outputs x spliced inputs, offsets)."""
    shift = -(model.mean * model.scale).double().numpy()
    gain = model.scale.double().numpy()
    maps = []
    for place, layer in enumerate([*model.affines, model.last]):
        weight = layer.weight.detach().double().numpy()  # outputs, inputs, places in time
        offset = layer.bias.detach().double().numpy() + np.einsum("oik,i->o", weight, shift)
        maps.append(((weight * gain[None, :, None]).transpose(0, 2, 1).reshape(weight.shape[0], -1), offset))
        if place < len(model.norms):
            norm = model.norms[place]
            gain = (norm.weight / (norm.running_var + norm.eps).sqrt()).detach().double().numpy()
            shift = norm.bias.detach().double().numpy() - norm.running_mean.double().numpy() * gain
    return maps


def _network(model: Tdnn, priors: Matrix) -> str:
    maps = folded(model)
    nodes = [f"input-node name=input dim={len(model.mean)}"]
    components: list[str] = []
    source = "input"
    looks = [(-2, -1, 0, 1, 2), *((-STRIDE * step, 0, STRIDE * step) for step in STEPS)]
    for place, look in enumerate(looks):
        spliced = ", ".join(source if not by else f"Offset({source}, {by})" for by in look)
        nodes += [
            f"component-node name=a{place} component=a{place} input=Append({spliced})",
            f"component-node name=r{place} component=r{place} input=a{place}",
        ]
        components += [
            _affine(f"a{place}", *maps[place]),
            _pointwise(f"r{place}", "RectifiedLinearComponent", WIDTH),
        ]
        source = f"r{place}"
    nodes += [
        f"component-node name=last component=last input={source}",
        "component-node name=ls component=ls input=last",
        "output-node name=output input=ls objective=linear",
    ]
    components += [_affine("last", *maps[-1]), _pointwise("ls", "LogSoftmaxComponent", len(priors))]
    reach = -looks[0][0] + sum(look[-1] for look in looks[1:])
    return (
        "<Nnet3> \n" + "\n".join(nodes) + f"\n\n<NumComponents> {len(components)} \n" + "".join(components)
        + f"</Nnet3> <LeftContext> {reach} <RightContext> {reach} <Priors> {_vector(priors)}\n"
    )  # fmt: skip


def _affine(name: str, weight: Matrix, offset: Matrix) -> str:
    return (
        f"<ComponentName> {name} <FixedAffineComponent> <LinearParams> {_matrix(weight)}\n"
        f"<BiasParams> {_vector(offset)}\n</FixedAffineComponent> \n"
    )


def _pointwise(name: str, kind: str, size: int) -> str:
    return (
        f"<ComponentName> {name} <{kind}> <Dim> {size} <ValueAvg> [ ]\n<DerivAvg> [ ]\n<Count> 0 </{kind}> \n"
    )


def _transitions(places: Sequence[int]) -> str:
    """`places`: the network's place of each phone, from phone 1."""
    phones = " ".join(str(number) for number in range(1, len(places) + 1))
    triples = "".join(f"{number} 0 {place}\n" for number, place in enumerate(places, 1))
    half = " ".join([f"{math.log(0.5):.6f}"] * (2 * len(places)))
    return (
        f"<TransitionModel> \n<Topology> \n<TopologyEntry> \n<ForPhones> \n{phones} \n</ForPhones> \n"
        "<State> 0 <PdfClass> 0 <Transition> 0 0.5 <Transition> 1 0.5 </State> \n<State> 1 </State> \n"
        f"</TopologyEntry> \n</Topology> \n<Triples> {len(places)} \n{triples}</Triples> \n"
        f"<LogProbs> \n[ 0 {half} ]\n</LogProbs> \n</TransitionModel> \n"
    )


class Graph:
    """A transducer in the making."""

    def __init__(self) -> None:
        self.arcs: list[list[tuple[int, int, float, int]]] = []
        self.final: dict[int, float] = {}

    def state(self) -> int:
        self.arcs.append([])
        return len(self.arcs) - 1

    def arc(self, start: int, label_in: int, label_out: int, cost: float, end: int) -> None:
        self.arcs[start].append((label_in, label_out, cost, end))

    def bytes(self) -> bytes:
        """As OpenFst writes its type `vector` with arcs `standard`."""
        parts = [struct.pack("<i", 2125659606)]
        for name in (b"vector", b"standard"):
            parts.append(struct.pack("<i", len(name)) + name)
        count = sum(len(arcs) for arcs in self.arcs)
        parts.append(struct.pack("<iiQqqq", 2, 0, 3, 0, len(self.arcs), count))
        for state, arcs in enumerate(self.arcs):
            parts.append(struct.pack("<fq", self.final.get(state, math.inf), len(arcs)))
            parts += [struct.pack("<iifi", *arc) for arc in arcs]
        return b"".join(parts)


def word_loop(phones: Sequence[Sequence[int]]) -> Graph:
    """Any words one after another, with silence between them or not. `phones`: of word 1, 2, ..."""
    graph = Graph()
    hub = graph.state()
    graph.final[hub] = 0.0
    silence = graph.state()
    graph.final[silence] = 0.0
    graph.arc(hub, 2, 0, SILENCE_COST, silence)
    graph.arc(silence, 1, 0, 0.0, silence)
    graph.arc(silence, 0, 0, 0.0, hub)
    for word, states in enumerate(phones, 1):
        before = hub
        for place, phone in enumerate(states):
            here = graph.state()
            graph.arc(before, 2 * phone, 0 if place else word, 0.0, here)
            graph.arc(here, 2 * phone - 1, 0, 0.0, here)
            before = here
        graph.arc(before, 0, 0, 0.0, hub)
        graph.final[before] = 0.0
    return graph


def unigram(count: int, unknown: int) -> Graph:
    """Every word as likely as any other."""
    graph = Graph()
    only = graph.state()
    graph.final[only] = 0.0
    for word in range(1, count + 1):
        cost = OPEN_UNKNOWN_COST if word == unknown else OPEN_WORD_COST
        graph.arc(only, word, word, cost, only)
    return graph


def write_model(
    folder: Path,
    model: Tdnn,
    vocabulary: Sequence[str],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    frequencies: NDArray[np.float64],
) -> None:
    """Write all files of the folder. `frequencies`: of each place in the training labels."""
    priors = np.maximum(frequencies, 1e-5) ** 0.5
    priors /= priors.sum()
    places = [0, GARBAGE, GARBAGE, GARBAGE]
    phones = []
    boundaries = ["1 nonword", "2 begin", "3 internal", "4 end"]
    for start, size in zip(starts, sizes, strict=True):
        first = len(places) + 1
        places += range(start, start + size)
        phones.append(list(range(first, first + size)))
        kinds = ["begin", *["internal"] * (size - 2), "end"]
        boundaries += [f"{first + number} {kind}" for number, kind in enumerate(kinds)]
    phones.append([2, 3, 4])
    names = ["<eps>", *vocabulary, UNKNOWN]
    for name in ("am", "conf", "graph/phones"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "am/final.mdl").write_text(_transitions(places) + _network(model, priors), encoding="ascii")
    (folder / "conf/mfcc.conf").write_text(CONF)
    (folder / "conf/model.conf").write_text(MODEL_CONF)
    (folder / "graph/words.txt").write_text("".join(f"{name} {n}\n" for n, name in enumerate(names)), "utf-8")
    (folder / "graph/phones/word_boundary.int").write_text("".join(f"{line}\n" for line in boundaries))
    (folder / "graph/disambig_tid.int").write_text("")
    (folder / "graph/HCLr.fst").write_bytes(word_loop(phones).bytes())
    (folder / "graph/Gr.fst").write_bytes(unigram(len(names) - 1, len(names) - 1).bytes())
