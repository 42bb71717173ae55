"""What runs a network: OpenVINO, or TensorFlow where that is absent or does not know the network."""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from xai_core.classifiers.base import PIXELS_PER_BATCH, Images
from xai_core.classifiers.files import ModelFiles
from xai_core.errors import ClassifierUnavailable

if TYPE_CHECKING:
    from openvino import CompiledModel

Output = Literal["probabilities", "embedding"]

EXPORTED_FROM = ["xai_feedback_studio", "exported_from"]  # where the exported graph keeps its stamp
AGREEMENT = 0.05  # bfloat16 probabilities may differ by so much: it keeps 8 bits, networks amplify a little


class Backend(Protocol):
    """Runs batches through one network, from any thread. ``notes`` are sentences on what was asked for and not had."""

    precision: str
    notes: tuple[str, ...]

    def run(self, batches: Iterable[Images], output: Output) -> NDArray[np.float32]:
        """Rows of ``output`` float32 ``[sum of batch sizes, K or D]``, of batches drawn lazily and in order."""
        ...


def split(images: Images) -> Iterator[Images]:
    """Pieces of the size that runs fastest: 5 photographs to 100 digits."""
    height, width = images.shape[1:3]
    size = min(max(PIXELS_PER_BATCH // (height * width), 5), 100)
    for start in range(0, len(images), size):
        yield images[start : start + size]


class OpenVINOBackend:
    """The exported twin, served by one-thread streams that work while the caller composes the next batch.

    Every call has its own requests, so any number of threads may call at once; the streams are shared.
    ``precision="bfloat16"`` is taken back, with a note, where the processor has none or the results disagree.

    Raises ``ClassifierUnavailable`` where the exported files are broken, ``ImportError`` without OpenVINO.
    """

    def __init__(self, files: ModelFiles, precision: str = "float32") -> None:
        # Imported here, since the TensorFlow back end must work without it.
        import openvino

        core = openvino.Core()
        try:
            graph = core.read_model(files.graph, files.weights)
            known = graph.has_rt_info(EXPORTED_FROM)
            self.exported_from = str(graph.get_rt_info(EXPORTED_FROM).astype(str)) if known else None
        except RuntimeError as error:
            raise ClassifierUnavailable(
                f"{files.graph.name} and {files.weights.name} in {files.folder} are broken: delete both, they are made "
                f"again from {files.keras.name}."
            ) from error
        self._streams = max(1, min(os.cpu_count() or 1, 8))
        settings = {"NUM_STREAMS": self._streams, "INFERENCE_NUM_THREADS": self._streams}
        # a processor that has bfloat16 would choose it by itself
        self._network = core.compile_model(graph, "CPU", {**settings, "INFERENCE_PRECISION_HINT": "f32"})
        self.precision = "float32"
        self.notes: tuple[str, ...] = ()
        if precision != "bfloat16":
            return
        if "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
            self.notes = ("This processor has no bfloat16: computed in float32.",)
            return
        fast = core.compile_model(graph, "CPU", {**settings, "INFERENCE_PRECISION_HINT": "bf16"})
        difference = self._difference(fast, files.input_shape())
        if difference > AGREEMENT:
            self.notes = (f"bfloat16 changed probabilities by {difference:.2f}: computed in float32.",)
            return
        self._network, self.precision = fast, "bfloat16"

    def _difference(self, other: CompiledModel, shape: tuple[int, int, int]) -> float:
        """Largest difference in probability between ``other`` and the present network on dark to bright noise."""
        brightness = np.linspace(0.2, 1, 8, dtype=np.float32)[:, None, None, None]
        probes = brightness * np.random.default_rng(0).random((8, *shape), dtype=np.float32)
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
            request = running.popleft()
            request.wait()
            rows.append(request.get_tensor(output).data.copy())
            idle.append(request)

        for piece in itertools.chain.from_iterable(map(split, batches)):
            if not idle:
                collect()
            request = idle.pop()
            request.start_async({0: np.ascontiguousarray(piece, dtype=np.float32)})
            running.append(request)
        while running:
            collect()
        return np.concatenate(rows)


class TensorFlowBackend:
    """The Keras network itself, as one traced function. Imports TensorFlow; float32 only.

    Raises ``ClassifierUnavailable`` where the Keras file is no model.
    """

    def __init__(self, files: ModelFiles, precision: str = "float32", notes: tuple[str, ...] = ()) -> None:
        # Imported here, since it costs seconds and hundreds of megabytes.
        import tensorflow as tf

        from xai_core.classifiers.served import load_served

        model = load_served(files)
        signature = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)
        self._forward = tf.function(lambda images: model(images, training=False), input_signature=[signature])
        self._forward(np.zeros((1, *model.input_shape[1:]), np.float32))
        self.precision = "float32"
        self.notes = (*notes, "bfloat16 needs OpenVINO: computed in float32.") if precision == "bfloat16" else notes

    def run(self, batches: Iterable[Images], output: Output) -> NDArray[np.float32]:
        """See ``Backend.run``."""
        return np.concatenate([self._forward(piece)[output].numpy() for batch in batches for piece in split(batch)])
