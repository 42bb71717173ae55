"""Participants' ids become pseudonyms; what is no id is refused in a sentence."""

import pytest

from studio.studies.identity import identity, pseudonym
from xai_core.errors import InvalidInput


@pytest.mark.parametrize("name", ["pid", "PROLIFIC_PID", "participant"])
def test_the_id_of_a_link_is_the_person_wherever_they_are(name):
    assert identity({name: "5f3c", "study": "x"}, "cookie-1") == identity({name: "5f3c"}, "cookie-2") == "id:5f3c"


def test_without_an_id_the_cookie_tells_people_apart():
    assert identity({"pid": ""}, "one") != identity({}, "two")
    assert identity({"pid": "one"}, "two") != identity({}, "one"), "nobody gets at a cookie's answers by its name"


@pytest.mark.parametrize("given", ["<script>alert(1)</script>", "a" * 10_000, "a b", "ä", "a\0", "' OR 1=1 --"])
def test_what_is_no_id_is_refused_without_being_repeated(given):
    with pytest.raises(InvalidInput, match=f"has {len(given)} characters") as raised:
        identity({"pid": given}, "cookie")
    assert given not in str(raised.value)


def test_a_pseudonym_depends_on_key_study_and_person_and_shows_none_of_them():
    names = {pseudonym(key, study, who) for key in ("k", "l") for study in ("a", "b") for who in ("id:x", "id:y")}
    assert len(names) == 8
    assert all(name.startswith("p-") and len(name) == 34 for name in names)
