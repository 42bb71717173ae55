"""Numbers and names as a person reads them."""

import pytest

from studio.words import literal, percent, points


@pytest.mark.parametrize(
    ("share", "said"),
    [(0, "0\u00a0%"), (0.001, "under 1\u00a0%"), (0.123, "12\u00a0%"), (0.997, "over 99\u00a0%"), (1, "100\u00a0%")],
)
def test_shares(share: float, said: str) -> None:
    assert percent(share) == said


@pytest.mark.parametrize(
    ("change", "said"),
    [(0.1234, "12 points"), (-0.0312, "3.1 points"), (0.0057, "0.57 points"), (-0.0004, "under 0.1 points")],
)
def test_changes_have_two_digits_and_a_unit(change: float, said: str) -> None:
    assert points(change) == said


def test_names_keep_what_markdown_would_eat() -> None:
    assert literal("__background__") == r"\_\_background\_\_"
    assert literal(":cat: *x*") == r"\:cat\: \*x\*"
    assert literal("plain name") == "plain name"
