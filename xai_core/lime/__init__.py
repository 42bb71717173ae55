"""LIME for images: masks, surrogate model, engine."""
