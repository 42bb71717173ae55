"""Sphinx: the documentation site, from pages in Markdown and the docstrings of the core."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the checkout, whatever is installed

project = "XAI Feedback Studio"
copyright = "The XAI Feedback Studio contributors"
extensions = ["sphinx.ext.autodoc", "numpydoc", "myst_parser"]
exclude_patterns = ["site"]
suppress_warnings = ["myst.header"]  # pages are parts of README, whose headings start lower

html_theme = "furo"
html_title = project
html_copy_source = False

myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the sections of a docstring say more than a type can: shapes, ranges, units
numpydoc_show_class_members = False
