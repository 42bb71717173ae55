"""Ways of explaining besides LIME, one file each, with the same call shape and the same result."""
