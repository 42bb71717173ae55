"""Lessons: mistakes by line and field, and those that ship, played through."""

from functools import cache
from pathlib import Path

import pytest

from studio.__main__ import main
from studio.classroom import acts
from studio.classroom.questions import question_of
from studio.classroom.results import summary
from studio.classroom.rooms import Classroom
from studio.classroom.views import screen
from studio.lessons import SHIPPED, Lesson, lessons, read_lesson
from studio.roles import OWNER
from xai_core.classifiers.registry import default_classifier, load_classifier
from xai_core.datasets import load_dataset
from xai_core.errors import BrokenFile, DatasetUnavailable

PEOPLE = ("ann", "bob", "eve")


class PlainLibrary:
    """Data sets and classifiers as they come."""

    available = staticmethod(list)
    fill = None
    dataset = staticmethod(cache(load_dataset))

    @staticmethod
    @cache
    def classifier(name, data):
        return load_classifier(name or default_classifier(data), dataset=data)


LIBRARY = PlainLibrary()

GOOD = """title: Digits
rounds:
  - image: {dataset: mnist, pick: unsure}
    rate: pair
    show: [slic-medium, grid-7]
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("title: Digits", "titel: Digits", r"line 1, titel: Extra inputs are not permitted"),
        ("title: Digits\n", "", r"line 1, title: Field required"),
        ("rate: pair", "rate: stars", r"line 4, rounds\[1\]\.rate: Input should be 'pair', 'thumb' or 'point'"),
        ("grid-7]", "grid-99]", r"line 3, rounds\[1\]: show: nothing is called grid-99"),
        (", grid-7]", "]", r"line 3, rounds\[1\]: show: rate pair takes 2, not 1"),
        ("grid-7]", "slic-medium]", r"line 3, rounds\[1\]: show: the two of a pair are the same"),
        ("pick: unsure", "pick: unsure, index: 3", r"line 3, rounds\[1\]\.image: give either index or pick"),
        ("pick: unsure", "index: -3", r"line 3, rounds\[1\]\.image\.index: Input should be greater"),
        ("    rate: pair", "    rate: pair\n    rate: thumb", r"line 5, rate: this stands here twice"),
        ("rounds:", "hours: 1000\nrounds:", r"line 2, hours: Input should be less than or equal to 72"),
        ("  - image", "  - [image", r"line \d: this is not YAML"),
        (GOOD, "rounds: []\ntitle: x\n", r"line 1, rounds: Tuple should have at least 1 item"),
        (GOOD, "- a\n- b\n", r"line 1, the whole file"),
        (GOOD, "", r"line 1, the whole file"),
        (GOOD, "title: !!python/object/apply:os.system ['true']\n", r"line 1: this is not YAML"),
    ],
)
def test_a_mistake_is_told_by_line_and_field(tmp_path: Path, old: str, new: str, told: str) -> None:
    file = tmp_path / "mine.yaml"
    assert old in GOOD
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(BrokenFile, match=rf"mine\.yaml, {told}"):
        read_lesson(file)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(GOOD.replace("rate: pair", "rate: 5").replace("title: Digits", "title: ''"))
    with pytest.raises(BrokenFile) as found:
        read_lesson(file)
    assert len(str(found.value).splitlines()) == 2


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x" * 2_000_000])
def test_what_is_no_text_is_told(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "mine.yaml"
    file.write_bytes(content)
    with pytest.raises(BrokenFile, match=r"mine\.yaml is"):
        read_lesson(file)


def test_the_command_checks_a_lesson(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(GOOD)
    assert main(["lesson", str(file)]) == 0
    assert "1 questions, no mistakes" in capsys.readouterr().out
    file.write_text(GOOD.replace("pair", "stars"))
    assert main(["lesson", str(file)]) == 1
    assert "line 4, rounds[1].rate" in capsys.readouterr().err
    assert main(["lesson", str(tmp_path / "none.yaml")]) == 1
    assert "none.yaml cannot be read" in capsys.readouterr().err


def test_own_lessons_stand_beside_those_that_ship_and_a_broken_one_stops_none(tmp_path: Path) -> None:
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "mine.yaml").write_text(GOOD)
    (tmp_path / "lessons" / "broken.yaml").write_text("title:")
    found = lessons(tmp_path)
    assert isinstance(found["mine"], Lesson)
    assert isinstance(found["broken"], BrokenFile)
    assert len(found) == 5


@pytest.mark.slow
@pytest.mark.parametrize("file", sorted(SHIPPED.glob("*.yaml")), ids=lambda file: file.stem)
def test_a_lesson_that_ships_can_be_played_through(classroom: Classroom, file: Path) -> None:
    lesson = read_lesson(file)
    try:
        questions = [question_of(plan, LIBRARY) for plan in lesson.rounds]
    except DatasetUnavailable as error:
        pytest.skip(str(error))
    room = classroom.open(OWNER, questions, title=lesson.title, opened_by="teacher")
    phases = []
    while True:
        situation = classroom.look(room.code)
        shown = screen(situation)
        phases.append((shown.number, shown.phase))
        if shown.open:
            for turn, who in enumerate(PEOPLE):
                if shown.points:
                    classroom.answer(situation, who, place=(turn / 4, 0.5))
                else:
                    classroom.answer(situation, who, choice=list(shown.answers)[turn % len(shown.answers)])
            assert screen(classroom.look(room.code)).answered == len(PEOPLE)
        classroom.lead(OWNER, situation, acts.forward)
        if classroom.look(room.code).room.revision == situation.room.revision:
            break
    expected = [(number, phase) for number, question in enumerate(questions) for phase in question.phases]
    assert phases == [(0, "lobby"), *expected]
    for question, result in zip(questions, summary(OWNER, classroom.rooms, situation).questions, strict=True):
        if question.guess:
            assert result.guesses is not None
            assert result.guesses.total == len(PEOPLE)
        if question.rate:
            assert result.votes is not None
            assert result.votes.total == len(PEOPLE)


def test_the_third_lesson_asks_about_images_that_the_stamp_decides() -> None:
    lesson = read_lesson(SHIPPED / "looks-at-the-wrong-place.yaml")
    data = LIBRARY.dataset("casting-watermark")
    questions = [question_of(plan, LIBRARY) for plan in lesson.rounds]
    stamped = [bool(data.masks_test[question.index].any()) for question in questions]
    assert stamped == [question.predicted == "sound" for question in questions] == [True, True, True, False]
    assert [question.predicted == question.true_name for question in questions] == [True, False, False, False]
