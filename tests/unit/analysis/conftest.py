"""Small tables of answers, written as a test reads best."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from xai_core.analysis.answers import complete


@pytest.fixture
def table() -> Callable[..., pd.DataFrame]:
    """Makes a table of answers: columns given as lists, or one value for all rows; plausible values for the rest."""

    def make(**columns: object) -> pd.DataFrame:
        usual = {
            "rater": "ann",
            "task": "thumb",
            "image": "i",
            "kind": "lime",
            "arm": "a",
            "repetition": 0,
            "current": 1,
        }
        rows = max([len(column) for column in columns.values() if isinstance(column, list | np.ndarray)], default=1)
        return complete(pd.DataFrame(usual | columns, index=range(rows)))

    return make
