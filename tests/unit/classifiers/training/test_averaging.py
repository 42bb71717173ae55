import numpy as np
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def model():
    import keras
    from keras import layers

    images = keras.Input((2, 2, 1))
    x = layers.Conv2D(1, 1, use_bias=False)(images)
    return keras.Model(images, layers.BatchNormalization(center=False, scale=False)(x))


def test_mean_weights_and_their_statistics_by_hand(model):
    from xai_core.classifiers.training.averaging import Average

    convolution, normalisation = model.layers[1:]
    average = Average(model)
    for weight in (1.0, 2.0, 6.0):
        convolution.set_weights([np.full((1, 1, 1, 1), weight)])
        average.add()
    dark, bright = np.zeros((4, 2, 2, 1), np.uint8), np.full((4, 2, 2, 1), 255, np.uint8)
    bright[:, 0] = 51  # a fifth
    average.replace([dark, bright])
    assert convolution.get_weights()[0].item() == pytest.approx(3.0)
    # of the dark batch 0 and 0; of the bright one mean 3 x 0.6 and variance 9 x 0.4^2
    assert normalisation.moving_mean.numpy() == pytest.approx([0.9])
    assert normalisation.moving_variance.numpy() == pytest.approx([0.72])
    assert normalisation.momentum == 0.99


def test_a_checkpoint_keeps_the_sums(model, tmp_path):
    import tensorflow as tf

    from xai_core.classifiers.training.averaging import Average

    model.layers[1].set_weights([np.full((1, 1, 1, 1), 4.0)])
    average = Average(model)
    average.add()
    path = tf.train.Checkpoint(average=average).save(tmp_path / "sums")
    other = Average(model)
    tf.train.Checkpoint(average=other).restore(path)
    assert (other.count.numpy(), other.sums[0].numpy().item()) == (1.0, 4.0)
