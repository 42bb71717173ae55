import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from xai_core.classifiers.backends import OpenVINOBackend, TensorFlowBackend, split
from xai_core.errors import ClassifierUnavailable


@pytest.mark.parametrize("output", ["probabilities", "embedding"])
def test_openvino_agrees_with_tensorflow(tiny, images, output):
    served = OpenVINOBackend(tiny).run([images], output)
    reference = TensorFlowBackend(tiny).run([images], output)
    assert served.dtype == np.float32
    assert reference.std() > 0.01  # else agreement would say nothing
    np.testing.assert_allclose(served, reference, atol=1e-5)


def test_float32_is_not_silently_bfloat16(tiny, images):
    import keras

    exact = keras.models.load_model(tiny.keras, compile=False)(images).numpy()
    assert np.abs(OpenVINOBackend(tiny, "float32").run([images], "probabilities") - exact).max() < 1e-6


def test_bfloat16_is_close_to_float32_or_says_why_not(tiny, images):
    fast = OpenVINOBackend(tiny, "bfloat16")
    exact = OpenVINOBackend(tiny).run([images], "probabilities")
    found = fast.run([images], "probabilities")
    if fast.precision == "bfloat16":
        assert 0 < np.abs(found - exact).max() < 0.05
        np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)  # softmax stayed in float32
    else:
        assert fast.notes
        np.testing.assert_array_equal(found, exact)


def test_bfloat16_that_disagrees_is_taken_back(tiny, images, monkeypatch):
    monkeypatch.setattr("xai_core.classifiers.backends.AGREEMENT", -1.0)
    backend = OpenVINOBackend(tiny, "bfloat16")
    assert backend.precision == "float32"
    assert backend.notes[0].endswith("computed in float32.")
    np.testing.assert_array_equal(
        backend.run([images], "probabilities"), OpenVINOBackend(tiny).run([images], "probabilities")
    )


def test_batches_are_drawn_in_order_and_not_ahead_of_the_streams(tiny, images):
    backend = OpenVINOBackend(tiny)
    asked = []

    def batches():
        for start in range(0, 200, 10):
            asked.append(start)
            yield images[start : start + 10]

    one_by_one = np.concatenate([backend.run([images[i : i + 1]], "probabilities") for i in range(200)])
    np.testing.assert_allclose(backend.run(batches(), "probabilities"), one_by_one, atol=1e-6)
    assert asked == list(range(0, 200, 10))


def test_an_error_while_composing_leaves_the_backend_usable(tiny, images):
    backend = OpenVINOBackend(tiny)
    before = backend.run([images], "probabilities")

    def batches():
        yield images[:20]
        yield images[20:40]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backend.run(batches(), "probabilities")
    np.testing.assert_array_equal(backend.run([images], "probabilities"), before)


@pytest.mark.parametrize("backend_class", [OpenVINOBackend, TensorFlowBackend])
def test_eight_threads_get_their_own_answers(tiny, images, backend_class):
    backend = backend_class(tiny)
    parts = [images[i * 28 : (i + 1) * 28] for i in range(8)]
    expected = [backend.run([part], "probabilities") for part in parts]
    start = threading.Barrier(8)

    def work(index):
        start.wait()
        return [backend.run([parts[index][:14], parts[index][14:]], "probabilities") for _ in range(20)]

    with ThreadPoolExecutor(8) as pool:
        for index, answers in enumerate(pool.map(work, range(8))):
            for answer in answers:
                np.testing.assert_allclose(answer, expected[index], atol=1e-6)


@pytest.mark.parametrize(("side", "size"), [(28, 100), (128, 9), (224, 5)])
def test_pieces_are_as_large_as_the_image_size_allows(side, size):
    pieces = list(split(np.zeros((201, side, side, 1), np.float32)))
    assert [len(piece) for piece in pieces[:-1]] == [size] * (200 // size)
    assert sum(map(len, pieces)) == 201


@pytest.mark.parametrize("part", ["path", "weights"])
@pytest.mark.parametrize("content", [b"", b"no model at all"])
def test_broken_exported_file_is_named(copied, part, content):
    path = getattr(copied.exported, part)
    path.write_bytes(content)
    with pytest.raises(ClassifierUnavailable, match=path.name):
        OpenVINOBackend(copied)


def test_truncated_weights_are_noticed(copied):
    copied.exported.weights.write_bytes(copied.exported.weights.read_bytes()[:-40])
    with pytest.raises(ClassifierUnavailable, match=r"tiny\.bin"):
        OpenVINOBackend(copied)


def test_tensorflow_refuses_what_is_no_model(copied):
    copied.keras.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(ClassifierUnavailable, match=r"tiny\.keras"):
        TensorFlowBackend(copied)
