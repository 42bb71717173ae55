"""Why a classifier finds two images alike: by hue, saturation, contrast, shape or texture."""

from xai_core.attributes.modifications import ATTRIBUTES, NULL, STRONGEST, applicable, modify

__all__ = ["ATTRIBUTES", "NULL", "STRONGEST", "applicable", "modify"]
