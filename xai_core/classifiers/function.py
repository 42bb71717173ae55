"""What a caller may pass as a classifier: one of the program's, an object like it, or a plain function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from xai_core.classifiers.answers import ROUNDING, numbers
from xai_core.classifiers.base import Classifier, Images, StreamingClassifier
from xai_core.errors import InvalidAnswer, InvalidInput

Function = Callable[[Images], object]  # images [N, H, W, C] in 0..1 to probabilities [N, K], or [N] of two classes
_NEEDED = ("name", "class_names", "input_shape", "version", "precision", "predict_proba")  # by an explanation


@dataclass(frozen=True)
class FunctionClassifier:
    """A function as a classifier. It has no weights to tell versions apart by, and no features."""

    name: str
    class_names: tuple[str, ...]
    input_shape: tuple[int, int, int]
    function: Function
    version: str = "function"
    precision: str = "float32"

    def predict_proba(self, images: Images) -> NDArray[np.float32]:
        """Class probabilities ``[N, K]`` of images ``[N, H, W, C]`` in 0..1. Raises ``InvalidAnswer``."""
        return checked_probabilities(self.name, self.function(images), len(images), len(self.class_names))

    def embed(self, images: Images) -> NDArray[np.float32]:
        """Raises ``NotImplementedError``."""
        raise NotImplementedError


@dataclass(frozen=True)
class CheckedClassifier:
    """A ``StreamingClassifier`` that takes no answer of ``inner`` that is not a row of probabilities for each image."""

    inner: Classifier

    @property
    def name(self) -> str:
        """That of ``inner``, as all that follow."""
        return self.inner.name

    @property
    def class_names(self) -> tuple[str, ...]:
        """In the order of the columns of an answer."""
        return tuple(self.inner.class_names)

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        return self.inner.input_shape

    @property
    def version(self) -> str:
        """Says which weights these are."""
        return self.inner.version

    @property
    def precision(self) -> str:
        """One of ``PRECISIONS``."""
        return self.inner.precision

    def predict_proba(self, images: Images) -> NDArray[np.float32]:
        """Class probabilities ``[N, K]``. Raises ``InvalidAnswer`` where ``inner`` answers with something else."""
        return self._checked(self.inner.predict_proba(images), len(images))

    def predict_batches(self, batches: Iterable[Images]) -> NDArray[np.float32]:
        """The same of batches drawn lazily."""
        if not isinstance(self.inner, StreamingClassifier):
            return np.concatenate([self.predict_proba(batch) for batch in batches])
        counts: list[int] = []

        def counted() -> Iterator[Images]:
            for batch in batches:
                counts.append(len(batch))
                yield batch

        return self._checked(self.inner.predict_batches(counted()), sum(counts))

    def embed(self, images: Images) -> NDArray[np.float32]:
        """Features ``[N, D]``, whatever ``inner`` takes for them."""
        return self.inner.embed(images)

    def _checked(self, answers: object, count: int) -> NDArray[np.float32]:
        return checked_probabilities(self.name, answers, count, len(self.class_names))


def as_classifier(
    model: Classifier | Function, image: NDArray[np.float32], class_names: Sequence[str] | None = None
) -> CheckedClassifier:
    """``model`` as a classifier of images like ``image`` float32 ``[H, W, C]``, its answers checked.

    A function gets ``class_names``, or is asked about the image how many classes there are. Raises ``InvalidInput``
    for what is neither, or for names that a classifier does not have, and ``InvalidAnswer``.
    """
    lacking = [part for part in _NEEDED if not hasattr(model, part)]
    if not lacking:
        classifier = cast(Classifier, model)
        if class_names is not None and tuple(class_names) != tuple(classifier.class_names):
            raise InvalidInput(f"{classifier.name} has class names of its own: leave class_names out.")
        return CheckedClassifier(classifier)
    if not callable(model):
        raise InvalidInput(
            f"{type(model).__name__} is not a classifier, since it lacks {', '.join(lacking)}: pass what "
            "load_classifier gives, or a function from images [N, H, W, C] in 0..1 to probabilities [N, K]."
        )
    name = str(getattr(model, "__name__", None) or getattr(model, "name", None) or type(model).__name__)
    if class_names is None:
        columns = np.shape(_as_array(name, model(image[None])))[1:] or (1,)
        class_names = [f"class {number}" for number in range(max(columns[0], 2))]
    height, width, channels = image.shape
    return CheckedClassifier(FunctionClassifier(name, tuple(class_names), (height, width, channels), model))


def checked_probabilities(name: str, answers: object, count: int, classes: int) -> NDArray[np.float32]:
    """``answers`` as float32 ``[count, classes]``; one column, or none, counts as the second of two classes.

    Raises ``InvalidAnswer`` for another shape, for anything that is not a number, and for numbers outside 0..1.
    """
    values = _as_array(name, answers)
    if classes == 2 and values.shape in ((count,), (count, 1)):
        second = values.reshape(count, 1)
        values = np.concatenate([1 - second, second], axis=1)
    if values.shape != (count, classes):
        raise InvalidAnswer(
            f"{name} answers {count} images with an array of shape {list(values.shape)}, where probabilities of shape "
            f"{[count, classes]} are needed, a column for each class."
        )
    low, high = numbers(name, values).min(initial=0), values.max(initial=1)
    if low < -ROUNDING or high > 1 + ROUNDING:
        raise InvalidAnswer(
            f"{name} answers with numbers from {low:.3g} to {high:.3g}, which are not probabilities: end it with a "
            "softmax (or a sigmoid)."
        )
    return values


def _as_array(name: str, answers: object) -> NDArray[np.float32]:
    try:
        return np.asarray(answers, dtype=np.float32)
    except (TypeError, ValueError, RuntimeError) as error:  # such as a tensor that will not leave its device
        raise InvalidAnswer(
            f"{name} answers with {type(answers).__name__}, which is not an array of numbers ({error}): let it give "
            "probabilities [N, K]."
        ) from error
