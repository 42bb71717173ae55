"""Errors that a person can act on. Each message is one sentence that names the cause and what to do about it."""


class XaiError(Exception):
    """Base of all errors of this project; ``str(error)`` is ready to be shown on a page."""


class DatasetUnavailable(XaiError):
    """A data set is not on this machine (and cannot be had without being asked for)."""


class BrokenFile(XaiError):
    """A file is not what its name says: truncated, of another type, of the wrong shape."""


class ClassifierUnavailable(XaiError):
    """A classifier's weights are not there, or are not those of a model."""


class InvalidAnswer(XaiError):
    """A classifier answers with something other than probabilities; the message names it and the image."""


class InvalidInput(XaiError, ValueError):
    """A value lies outside what a function accepts; the message carries the offending value."""


class Cancelled(XaiError):
    """The caller asked a running computation to stop."""
