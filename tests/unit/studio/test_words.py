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


@pytest.mark.parametrize(
    ("name", "markdown"),
    [
        ("plain name", "plain name"),
        ("CIFAR-10 is not on this machine: x (y).", "CIFAR-10 is not on this machine: x (y)."),
        ("__background__", r"\_\_background\_\_"),
        (":cat: *x*", r"\:cat\: \*x\*"),
        (":a:b:", r"\:a\:b\:"),
        ("<img src=x>", r"\<img src=x>"),
        ("$x$ &amp; a & b", r"\$x\$ \&amp; a & b"),
        ("- a", r"\- a"),
        ("12. a", r"12\. a"),
        ("back\\slash", r"back\\slash"),
        ("two\n# lines \t here", "two # lines here"),
    ],
)
def test_names_keep_what_markdown_would_eat(name: str, markdown: str) -> None:
    assert literal(name) == markdown


@pytest.mark.parametrize("name", ["http://a.b/c", "www.a.b", "a@b.c", "-> a", ":material/home:", ":streamlit:"])
def test_what_is_looked_for_after_markdown_is_broken_by_something_unseen(name: str) -> None:
    assert "\u2060" in literal(name)
    assert literal(name).replace("\u2060", "").replace("\\", "") == name


def test_what_cannot_be_printed_or_sent_is_marked() -> None:
    assert literal("a\x00\u202eb\udcff") == "a\ufffd\ufffdb\ufffd"
    literal("\udcff").encode()
