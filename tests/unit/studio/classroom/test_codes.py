"""Codes that nobody misreads."""

from studio.classroom.codes import LENGTH, LETTERS, is_code, new_code, typed


def test_codes_have_six_letters_none_of_which_is_mistaken_for_another() -> None:
    codes = {new_code() for _ in range(1000)}
    assert len(codes) > 990
    assert all(is_code(code) and len(code) == LENGTH for code in codes)
    assert not set(LETTERS) & set("IL1O0QG8AEU")


def test_what_people_type_is_understood() -> None:
    assert typed(" bcd-fgh ") == "BCDFGH"
    assert typed("<script>alert(1)</script>") == "SCRIPT"
    assert typed("bcdfhj" * 1000) == "BCDFHJ"
    assert is_code(typed("bcdfhj"))
    assert not is_code("BCDFH")
    assert not is_code(typed("abcdef"))
