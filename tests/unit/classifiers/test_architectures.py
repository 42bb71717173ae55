import numpy as np
import pytest

from xai_core.classifiers import architectures
from xai_core.classifiers.architectures import multiply_adds, patch_whitening_filters


@pytest.fixture(scope="module")
def coloured():
    rng = np.random.default_rng(0)
    smooth = rng.integers(0, 256, (40, 18, 18, 1)) + rng.integers(-20, 20, (40, 18, 18, 3))
    return np.clip(smooth, 0, 255).astype(np.uint8)


def test_whitening_filters_whiten(coloured):
    filters = patch_whitening_filters(coloured, epsilon=0)
    assert filters.shape == (2, 2, 3, 24)
    pixels = coloured / 255
    pixels = (pixels - pixels.mean((0, 1, 2))) / pixels.std((0, 1, 2))
    windows = np.lib.stride_tricks.sliding_window_view(pixels, (2, 2), axis=(1, 2))
    responses = np.einsum("nyxcij,ijcf->nyxf", windows, filters[..., :12]).reshape(-1, 12)
    np.testing.assert_allclose(responses.T @ responses / len(responses), np.eye(12), atol=1e-3)
    np.testing.assert_array_equal(filters[..., 12:], -filters[..., :12])


def test_whitening_regularisation_damps_weak_directions(coloured):
    plain, damped = patch_whitening_filters(coloured, epsilon=0), patch_whitening_filters(coloured, epsilon=1)
    assert np.abs(damped).max() < np.abs(plain).max()


@pytest.mark.parametrize(
    ("build", "budget", "features"),
    [
        (lambda images: architectures.mnist_cnn(), 2e6, 64),
        (lambda images: architectures.cifar10_cnn(images, (32, 96, 192)), 31e6, 192),
        (lambda images: architectures.casting_cnn(), 25e6, 64),
    ],
)
def test_budget_of_multiply_adds_and_probabilities(build, budget, features):
    model = build(np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3), dtype=np.uint8))
    assert multiply_adds(model) <= budget
    images = np.random.default_rng(0).random((3, *model.input_shape[1:]), dtype=np.float32)
    np.testing.assert_allclose(model(images).numpy().sum(axis=1), 1, atol=1e-5)
    assert model.get_layer("embedding").output.shape == (None, features)


def test_multiply_adds_by_hand():
    import keras
    from keras import layers

    images = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", strides=2)(images)  # 16 positions x 27 x 4
    x = layers.DepthwiseConv2D(3)(x)  # 4 positions x 9 x 4
    model = keras.Model(images, layers.Dense(5)(layers.Flatten()(x)))  # 16 x 5
    assert multiply_adds(model) == 16 * 27 * 4 + 4 * 9 * 4 + 16 * 5


def test_new_convolutions_pass_their_input_through():
    model = architectures.casting_cnn()
    kernels = [layer.kernel.numpy() for layer in model.layers if "conv" in layer.name]
    for kernel in kernels:
        through = min(kernel.shape[2:])
        centre = kernel.shape[0] // 2
        np.testing.assert_array_equal(kernel[centre, centre, :through, :through], np.eye(through))


@pytest.mark.parametrize(("number", "millions"), [(0, 4.65), (1, 5.42), (2, 6.09)])
def test_efficientnet_has_the_published_size(number, millions):
    model = architectures.efficientnet_lite(number)
    trained = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert trained == pytest.approx(millions * 1e6, abs=5e3)


def test_efficientnet_costs_what_was_published():
    model = architectures.efficientnet_lite(0)
    assert 380e6 < multiply_adds(model) < 410e6  # published: 407 M with the activations counted


def test_what_pooling_drops_is_not_computed_and_changes_nothing():
    import keras
    from keras import layers

    pixels = keras.Input((7, 5, 2))
    lean = keras.Model(pixels, architectures._convolution(pixels, 3, pool=True))
    kernel = np.random.default_rng(0).standard_normal((3, 3, 2, 3)).astype(np.float32)
    convolution = next(layer for layer in lean.layers if isinstance(layer, layers.Conv2D))
    convolution.set_weights([kernel])
    assert convolution.output.shape[1:3] == (6, 4)
    whole = layers.Conv2D(3, 3, padding="same", use_bias=False)
    pooled = keras.Model(pixels, layers.MaxPooling2D()(whole(pixels)))
    whole.set_weights([kernel])
    images = np.random.default_rng(1).random((4, 7, 5, 2), np.float32)
    features = keras.Model(pixels, next(x for x in lean.layers if isinstance(x, layers.MaxPooling2D)).output)
    np.testing.assert_allclose(features(images), pooled(images), atol=1e-5)
