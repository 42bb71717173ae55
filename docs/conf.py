"""Sphinx: the documentation site, from these pages and the docstrings of the core."""

project = "XAI Feedback Studio"
copyright = "The XAI Feedback Studio contributors"
extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "myst_parser"]
exclude_patterns = ["site"]
html_theme = "furo"
