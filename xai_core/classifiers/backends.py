"""What runs a network: OpenVINO, or TensorFlow where that is absent or does not know the network."""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from xai_core.classifiers.base import PRECISIONS, Images, batch_size
from xai_core.classifiers.files import Graph, ModelFiles
from xai_core.classifiers.probes import clouds
from xai_core.errors import ClassifierUnavailable

if TYPE_CHECKING:
    from openvino import CompiledModel, Core, Model

Output = Literal["probabilities", "embedding"]

# where the exported graph keeps its stamp, and what was found out about the network's answers
EXPORTED_FROM = ["xai_feedback_studio", "exported_from"]
ANSWERS = ["xai_feedback_studio", "answers"]
AGREEMENT = 0.05  # fast arithmetic may change probabilities by so much: it keeps 8 bits, networks amplify a little


class Backend(Protocol):
    """Runs batches through one network, from any thread.

    ``answers`` is the sentence that says what its answers were found to be, ``notes`` are sentences on what was asked
    for and not had.
    """

    precision: str
    answers: str
    notes: tuple[str, ...]

    def run(self, batches: Iterable[Images], output: Output) -> NDArray[np.float32]:
        """Rows of ``output`` float32 ``[sum of batch sizes, K or D]``, of batches drawn lazily and in order."""
        ...


def split(images: Images) -> Iterator[Images]:
    """Pieces of the size that runs fastest."""
    height, width = images.shape[1:3]
    size = batch_size(height, width)
    for start in range(0, len(images), size):
        yield images[start : start + size]


class _NotServed(Exception):
    """Why a precision cannot be had."""


def _read(core: Core, graph: Graph, remedy: str) -> Model:
    """Raises ``ClassifierUnavailable`` where the files are broken."""
    try:
        return core.read_model(graph.path, graph.weights)
    except RuntimeError as error:
        raise ClassifierUnavailable(
            f"{graph.path.name} and {graph.weights.name} in {graph.path.parent} are broken: delete both, {remedy}."
        ) from error


def _said(graph: Model, entry: list[str]) -> str | None:
    """What ``graph`` says under ``EXPORTED_FROM`` or ``ANSWERS``, if anything."""
    return str(graph.get_rt_info(entry).astype(str)) if graph.has_rt_info(entry) else None


class OpenVINOBackend:
    """The exported graph, served by one-thread streams that work while the caller composes the next batch.

    Every call has its own requests, so any number of threads may call at once; the streams are shared.
    ``"int8"`` (8 bits in convolutions, bfloat16 in the rest where the processor has it) and ``"bfloat16"`` fall
    back, with a note, on the next exacter precision where graph or instructions are missing or results disagree.

    Raises ``ClassifierUnavailable`` where the exported files are broken, ``ImportError`` without OpenVINO.
    """

    def __init__(self, files: ModelFiles, precision: str = "float32") -> None:
        # Imported here, since the TensorFlow back end must work without it.
        import openvino

        core = openvino.Core()
        graph = _read(core, files.exported, f"they are made again from {files.keras.name}")
        self.exported_from = _said(graph, EXPORTED_FROM)
        self.answers = _said(graph, ANSWERS) or ""
        self._streams = max(1, min(os.cpu_count() or 1, 8))
        # a processor that has bfloat16 would choose it by itself
        self._network = self._compile(core, graph, "f32")
        self.precision = "float32"
        reasons: list[str] = []
        for candidate in PRECISIONS[PRECISIONS.index(precision) : 0 : -1]:
            try:
                network = self._fast(core, graph, files, candidate)
            except _NotServed as reason:
                reasons.append(str(reason))
            else:
                self._network, self.precision = network, candidate
                break
        self.notes = tuple(f"{reason}: computed in {self.precision}." for reason in reasons)

    def _compile(self, core: Core, graph: Model, hint: str) -> CompiledModel:
        settings = {"NUM_STREAMS": self._streams, "INFERENCE_NUM_THREADS": self._streams}
        return core.compile_model(graph, "CPU", {**settings, "INFERENCE_PRECISION_HINT": hint})

    def _fast(self, core: Core, graph: Model, files: ModelFiles, precision: str) -> CompiledModel:
        """The network in ``precision``; raises ``_NotServed``."""
        has_bfloat16 = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        if precision == "int8":
            if not files.eight_bit.exists():
                raise _NotServed(f"{files.name} has no 8-bit version")
            graph = _read(core, files.eight_bit, "it works without them")
            if _said(graph, EXPORTED_FROM) != self.exported_from:
                raise _NotServed(f"{files.eight_bit.path.name} was made from other weights")
            if altered := files.altered(files.eight_bit):
                raise _NotServed(f"{altered[0]} is not the file that {files.card_path.name} describes")
        elif not has_bfloat16:
            raise _NotServed("This processor has no bfloat16")
        network = self._compile(core, graph, "bf16" if has_bfloat16 else "f32")
        difference = self._difference(network, files.input_shape())
        if not difference <= AGREEMENT:  # which also holds for NaN
            raise _NotServed(f"{precision} changed probabilities by {difference:.2f}")
        return network

    def _difference(self, other: CompiledModel, shape: tuple[int, int, int]) -> float:
        """Largest difference in probability between ``other`` and the present network on clouds of colour.

        White noise would not do: 8 bits are laid out for the smoothness of photographs.
        """
        probes = clouds(shape, 8, np.random.default_rng(0))
        ours, theirs = (self._run(network, [probes], "probabilities") for network in (self._network, other))
        return float(np.abs(ours - theirs).max())

    def run(self, batches: Iterable[Images], output: Output) -> NDArray[np.float32]:
        """See ``Backend.run``."""
        return self._run(self._network, batches, output)

    def _run(self, network: CompiledModel, batches: Iterable[Images], output: Output) -> NDArray[np.float32]:
        idle = [network.create_infer_request() for _ in range(self._streams + 1)]
        running: deque[Any] = deque()
        rows: list[NDArray[np.float32]] = []

        def collect() -> None:
            request, _ = running.popleft()
            request.wait()
            rows.append(request.get_tensor(output).data.copy())
            idle.append(request)

        for piece in itertools.chain.from_iterable(map(split, batches)):
            if not idle:
                collect()
            request = idle.pop()
            pixels = np.ascontiguousarray(piece, dtype=np.float32)
            request.start_async({0: pixels}, share_inputs=True)
            running.append((request, pixels))  # which are read in place: they must live as long as the request runs
        while running:
            collect()
        return np.concatenate(rows)


class TensorFlowBackend:
    """The Keras network itself, as one traced function. Imports TensorFlow; float32 only.

    Raises ``ClassifierUnavailable`` as ``load_served`` does.
    """

    def __init__(self, files: ModelFiles, precision: str = "float32", notes: tuple[str, ...] = ()) -> None:
        # Imported here, since it costs seconds and hundreds of megabytes.
        import tensorflow as tf

        from xai_core.classifiers.served import load_served

        served = load_served(files)
        model, self.answers = served.model, served.answers.evidence
        signature = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)
        self._forward = tf.function(lambda images: model(images, training=False), input_signature=[signature])
        self._forward(np.zeros((1, *model.input_shape[1:]), np.float32))
        self.precision = "float32"
        self.notes = notes if precision == "float32" else (*notes, f"{precision} needs OpenVINO: computed in float32.")

    def run(self, batches: Iterable[Images], output: Output) -> NDArray[np.float32]:
        """See ``Backend.run``."""
        return np.concatenate([self._forward(piece)[output].numpy() for batch in batches for piece in split(batch)])
