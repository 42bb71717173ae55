"""Make the 8-bit version of a stored network: ``python -m xai_core.classifiers.training.eight_bit NAME``.

Convolutions then run on whole numbers of 8 bits, up to twice as fast as in bfloat16. Dense layers keep their floats:
they cost little, and their errors would reach every answer.
"""

from __future__ import annotations

import argparse
import json
import sys

import nncf
import openvino
from nncf.quantization.range_estimator import RangeEstimatorParametersSet

from xai_core.classifiers.base import Images
from xai_core.classifiers.export import save_graph
from xai_core.classifiers.files import ModelFiles
from xai_core.classifiers.network import load_network
from xai_core.classifiers.registry import stored_files
from xai_core.classifiers.training.train import figures
from xai_core.datasets import as_float, load_dataset
from xai_core.errors import ClassifierUnavailable, XaiError

CALIBRATION = 300  # images from which the ranges of activations are taken


def quantise(files: ModelFiles, images: Images) -> None:
    """Write ``NAME.int8.xml`` and ``NAME.int8.bin``; ranges come from ``images`` float32 ``[N, H, W, C]`` in 0..1.

    Weights are rounded by channel, activations by layer, with the mean error of each layer put back into its bias.
    Source: Nagel et al. 2019, "Data-free quantization through weight equalization and bias correction", section 4.2.
    Raises ``ClassifierUnavailable`` where there is no convolution.
    """
    network = load_network(files)  # its export is up to date from here on
    graph = openvino.Core().read_model(files.exported.path)
    nodes = graph.get_ordered_ops()
    if not any(node.get_type_name() == "Convolution" for node in nodes):
        raise ClassifierUnavailable(f"{network.name} has no convolution: 8 bits save nothing.")
    dense = [node.get_friendly_name() for node in nodes if node.get_type_name() == "MatMul"]
    rounded = nncf.quantize(
        graph,
        nncf.Dataset([image[None] for image in images]),
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(images),
        ignored_scope=nncf.IgnoredScope(names=dense),
        fast_bias_correction=False,
        advanced_parameters=nncf.AdvancedQuantizationParameters(
            activations_range_estimator_params=RangeEstimatorParametersSet.HISTOGRAM
        ),
    )
    save_graph(rounded, files, files.eight_bit, network.answers)


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m xai_core.classifiers.training.eight_bit", description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--dataset", help="whose training images give the ranges; what the card says if not given")
    options = parser.parse_args(arguments)
    try:
        files = stored_files(options.name)
        data = load_dataset(options.dataset or files.card().entries.get("dataset", ""))
        every = max(1, len(data.x_train) // CALIBRATION)
        quantise(files, as_float(data.x_train[::every][:CALIBRATION]))
        fast = load_network(files, "int8")
        card = files.card().entries | {"int8": {"test": {data.name: figures(fast, data)}, "nncf": nncf.__version__}}
    except XaiError as error:
        print(error, file=sys.stderr)
        return 1
    files.card_path.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    print(*fast.notes, f"{options.name} in 8 bits: {card['int8']['test']}", sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
