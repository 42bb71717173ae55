"""Sets of pictures with a known truth, explained by the real engine: where the ranking is tried on simulated raters."""
