"""Pass-phrases are kept as hashes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import unicodedata

from xai_core.errors import InvalidInput

FEWEST_CHARACTERS = 12
N, R, P = 2**15, 8, 1
"""Cost of scrypt (Percival 2009; OWASP, "Password Storage Cheat Sheet"): 32 MB and some 80 ms a try."""


def hashed(phrase: str) -> str:
    """What settings keep of a pass-phrase: ``scrypt:salt:hash``, without signs that shells or Compose act on.

    Raises ``InvalidInput`` for fewer than ``FEWEST_CHARACTERS``.
    """
    if len(_plain(phrase)) < FEWEST_CHARACTERS:
        raise InvalidInput(f"A pass-phrase has {FEWEST_CHARACTERS} characters or more; take several words.")
    salt = secrets.token_bytes(16)
    return ":".join(("scrypt", _text(salt), _text(_scrypt(phrase, salt))))


def is_hash(text: str) -> bool:
    """Whether ``text`` is what ``hashed`` gives."""
    return re.fullmatch(r"scrypt:[\w-]{22}:[\w-]{43}", text, re.ASCII) is not None


def matches(phrase: str, kept: str) -> bool:
    """Whether ``kept`` is the hash of ``phrase``; takes equally long whatever differs."""
    _, salt, digest = kept.split(":")
    return hmac.compare_digest(_scrypt(phrase, _bytes(salt)), _bytes(digest))


def _scrypt(phrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(_plain(phrase).encode(), salt=salt, n=N, r=R, p=P, maxmem=2 * 128 * N * R, dklen=32)


def _plain(phrase: str) -> str:
    """The same for the same words, however a keyboard composes letters and whatever stands around them."""
    return unicodedata.normalize("NFKC", phrase).strip()


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
