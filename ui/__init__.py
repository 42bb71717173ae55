"""Pieces that the pages share."""

VERSION = "0.1.0"
