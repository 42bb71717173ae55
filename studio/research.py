"""What researchers see of the answers, for those who hold the role."""

from __future__ import annotations

import pandas as pd

from db.answers import COLUMNS, answers
from db.engine import Database
from studio.roles import Access, Role
from xai_core.analysis.answers import complete


def answers_table(access: Access, database: Database) -> pd.DataFrame:
    """The table of answers, as an export holds it. Raises ``NotAllowed`` and ``StorageUnavailable``."""
    access.require(Role.RESEARCHER)
    with database.read() as connection:
        return complete(pd.DataFrame.from_records(answers(connection), columns=list(COLUMNS)))
