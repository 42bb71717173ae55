"""Five modifications of an image, each of which changes one visual attribute, and one that changes nothing.

Strength 1 is what Nauta et al. 2021 published, with lengths scaled from images of 224 pixels to the image at hand;
strength 0 leaves every pixel as it is. In between, and beyond up to ``STRONGEST``, the change grows with the strength.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from xai_core.classifiers.base import Images
from xai_core.errors import InvalidInput
from xai_core.numerics import luminance

ATTRIBUTES: tuple[str, ...] = ("hue", "saturation", "contrast", "shape", "texture")
NULL = "null"
OF_COLOUR = frozenset({"hue", "saturation"})

HUE, SATURATION, CONTRAST = 0.1, 0.7, 0.45  # share of the colour circle, two factors
AMPLITUDE, PERIOD, REFERENCE_SIDE = 4.0, 40.0, 224.0  # of the sine warp, pixels in an image of so many
NOISE = 4 / 255  # whose traces the denoising of textures takes for chance
PATCH, SEARCH = 7, 21  # side of the patches that are compared and of the window they are searched in, pixels at 224
GREY_LEVEL = 1 / 255

STRONGEST: Mapping[str, float] = MappingProxyType(
    {
        "hue": 0.5 / HUE,  # the opposite colour
        "saturation": 1 / (1 - SATURATION),  # grey
        "contrast": 1 / (1 - CONTRAST),  # one grey
        "shape": 3.0,  # beyond which the warp folds
        "texture": 5.0,
        NULL: 1.0,
    }
)


def modify(images: Images, attribute: str, strength: float = 1.0) -> Images:
    """Change one visual attribute of images.

    Grey images have neither hue nor saturation and come back as they are (see ``applicable``).

    Parameters
    ----------
    images : float32 array [N, H, W, C], 0..1
        Grey (C = 1) or RGB.
    attribute : {"hue", "saturation", "contrast", "shape", "texture", "null"}
        What to change; ``null`` is the check that has to come out as no change.
    strength : float, default 1
        0 changes nothing, 1 is the published strength, ``STRONGEST`` the limit.

    Returns
    -------
    float32 array [N, H, W, C], 0..1
        New images; the given ones stay as they are.

    Raises
    ------
    InvalidInput
        If there is no such attribute, or the strength lies outside its range.

    References
    ----------
    Nauta, Jutte, Provoost & Seifert 2021, "This looks like that, because ... Explaining prototypes for interpretable
    image recognition", section 3 and the values of their published code.
    """
    if attribute not in STRONGEST:
        raise InvalidInput(f"There is no attribute {attribute!r}; there are {', '.join(STRONGEST)}.")
    if not 0 <= strength <= STRONGEST[attribute]:
        raise InvalidInput(f"The strength of {attribute} lies in 0 to {STRONGEST[attribute]:.3g}, not {strength}.")
    changed = images.copy()
    which = applicable(images, attribute)
    if attribute != NULL and strength > 0 and which.any():
        changed[which] = _CHANGES[attribute](images[which], strength).clip(0, 1)
    return changed


def applicable(images: Images, attribute: str) -> NDArray[np.bool_]:
    """Whether images have an attribute that can be changed: grey ones have neither hue nor saturation.

    Parameters
    ----------
    images : float32 array [N, H, W, C], 0..1
        An RGB image is grey where its channels differ by less than half a grey level of 255 everywhere.
    attribute : {"hue", "saturation", "contrast", "shape", "texture", "null"}
        The attribute.

    Returns
    -------
    bool array [N]
        One for each image.
    """
    if attribute not in OF_COLOUR:
        return np.ones(len(images), bool)
    return np.asarray(np.ptp(images, axis=3).max(axis=(1, 2)) >= GREY_LEVEL / 2)


def _hue(images: Images, strength: float) -> Images:
    """Every colour moved along the colour circle."""
    from skimage.color import hsv2rgb, rgb2hsv  # here, as all of skimage, so that a page that only draws starts sooner

    hsv = rgb2hsv(images)
    hsv[..., 0] = (hsv[..., 0] + HUE * strength) % 1
    return np.asarray(hsv2rgb(hsv))


def _saturation(images: Images, strength: float) -> Images:
    """Mixed with its own grey version."""
    return _mixed(images, luminance(images)[..., None], (1 - SATURATION) * strength)


def _contrast(images: Images, strength: float) -> Images:
    """Mixed with its mean brightness."""
    return _mixed(images, luminance(images).mean(axis=(1, 2))[:, None, None, None], (1 - CONTRAST) * strength)


def _mixed(images: Images, other: NDArray[np.float64], share: float) -> Images:
    mixed: Images = ((1 - share) * images + share * other).astype(np.float32)
    return mixed


def _shape(images: Images, strength: float) -> Images:
    """Rows shifted along a sine of their height, then columns along one of their place.

    Interpolated by cubic splines, so that nothing is blurred, and mirrored at the border instead of wrapped around.
    """
    height, width = images.shape[1:3]
    scale = min(height, width) / REFERENCE_SIDE
    rows, columns = np.mgrid[:height, :width].astype(float)

    def shift(places: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(strength * AMPLITUDE * scale * np.sin(2 * np.pi * places / (PERIOD * scale)))

    source_rows = rows - shift(columns)
    sources = np.stack([source_rows, columns - shift(source_rows)])
    planes = images.transpose(0, 3, 1, 2).reshape(-1, height, width)
    warped = np.stack([ndimage.map_coordinates(plane, sources, order=3, mode="mirror") for plane in planes])
    return warped.reshape(len(images), -1, height, width).transpose(0, 2, 3, 1)


def _texture(images: Images, strength: float) -> Images:
    """Fine grain removed by non-local means; of RGB images in the lightness and the colours of CIELAB separately.

    Buades, Coll & Morel 2005, "A non-local algorithm for image denoising", with the patches weighted as in OpenCV's
    ``fastNlMeansDenoisingColored``.
    """
    from skimage.color import lab2rgb, rgb2lab
    from skimage.restoration import denoise_nl_means

    scale = min(images.shape[1:3]) / REFERENCE_SIDE
    side = max(3, round(PATCH * scale) // 2 * 2 + 1)
    # scikit-image compares patches one pixel smaller than it is told, but divides by the area that it is told
    noise = NOISE * strength * (side - 1) / side
    settings = {"patch_size": side, "patch_distance": max(2, round((SEARCH - 1) / 2 * scale)), "h": noise}

    def smooth(image: Images) -> Images:
        return np.asarray(denoise_nl_means(image, channel_axis=-1, **settings)).reshape(image.shape)

    if images.shape[3] == 1:
        return np.stack([smooth(image) for image in images])
    lab = rgb2lab(images) / _LAB_UNITS
    smoothed = np.stack([np.concatenate([smooth(image[..., :1]), smooth(image[..., 1:])], axis=-1) for image in lab])
    return np.asarray(lab2rgb(smoothed * _LAB_UNITS))


_LAB_UNITS = np.array([100, 255, 255], np.float32)  # as 8-bit CIELAB has them: lightness 0..100, colours 255 apart
_CHANGES: Mapping[str, Callable[[Images, float], Images]] = MappingProxyType(
    {"hue": _hue, "saturation": _saturation, "contrast": _contrast, "shape": _shape, "texture": _texture}
)
