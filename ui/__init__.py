"""Widgets and drawing that the pages share."""
