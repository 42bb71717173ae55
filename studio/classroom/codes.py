"""Codes of rooms: six letters that can be read from the back row and told over the phone."""

from __future__ import annotations

import secrets

LETTERS = "BCDFHJKMNPRSTVWXYZ"
"""Without I, L, O, Q and G, which look like others, and without vowels, so that no code is a word. 34 million codes."""

LENGTH = 6


def new_code() -> str:
    """A code that nobody can guess from others."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def typed(text: str) -> str:
    """The code that somebody typed or that stands in an address: capitals, and nothing but letters and digits."""
    return "".join(sign for sign in text.upper() if sign.isascii() and sign.isalnum())[:LENGTH]


def is_code(text: str) -> bool:
    """Whether ``text`` can be the code of a room."""
    return len(text) == LENGTH and set(text) <= set(LETTERS)
