"""Who takes part: a pseudonym that no one can turn back into the id of a link, nor follow from study to study."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping

from xai_core.errors import InvalidInput

PARAMETERS = ("pid", "PROLIFIC_PID", "participant")
"""What a link may call the participant's id."""

_ID = re.compile(r"[A-Za-z0-9._~@+-]{1,128}")


def identity(parameters: Mapping[str, str], visitor: str) -> str:
    """Whom a link names or, where it names nobody, the ``visitor`` that the cookie tells apart.

    Raises ``InvalidInput`` for an id that no recruiting service would give.
    """
    given = next((parameters[name] for name in PARAMETERS if parameters.get(name)), None)
    if given is None:
        return f"cookie:{visitor}"
    if not _ID.fullmatch(given):
        raise InvalidInput(
            f"The participant id in this link has {len(given)} characters and is none that the study can take: open "
            "the link as you were given it, or ask whoever sent it."
        )
    return f"id:{given}"


def pseudonym(secret: str, code: str, who: str) -> str:
    """The name under which ``who`` is stored in the study ``code``: a keyed hash, 128 bit."""
    return "p-" + hmac.new(secret.encode(), f"{code}\0{who}".encode(), hashlib.sha256).hexdigest()[:32]
