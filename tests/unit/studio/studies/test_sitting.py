"""A participant from the link to the completion code; whatever breaks off goes on where it stopped."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db.engine import Database
from db.errors import StudyClosed, StudyFull, UnknownStudy
from db.feedback import Feedback
from db.payloads import Pair
from db.studies import Studies
from db.study_records import NewItem
from studio.learning import Learner
from studio.settings import Settings
from studio.studies.configuration import Study
from studio.studies.sitting import Sitting
from tests.factories import make_case

CODE, ARMS = "toys", ("grid-5", "slic-medium")
LEAST = {
    "code": CODE,
    "title": "Toys",
    "dataset": "toy",
    "arms": ARMS,
    "items": {"sample": 3},
    "stop_after": 2,
    "overlap": 2,
    "consent": "Do you agree?",
    "questionnaires": ["ess"],
}


@pytest.fixture
def feedback(tmp_path: Path) -> Feedback:
    return Feedback(Database.open(f"sqlite:///{tmp_path / 'feedback.sqlite'}"))


def items(*roles: str, expected: str | None = None) -> list[NewItem]:
    return [
        NewItem(
            role=role, dataset="toy", split="test", image_index=at, image_id=make_case(at).image_id,
            expected=None if role == "main" else expected,
        )
        for at, role in enumerate(roles)
    ]  # fmt: skip


def begin(feedback: Feedback, *roles: str, expected: str | None = None, **changes) -> Study:
    study = Study.model_validate(LEAST | changes)
    Studies(feedback.database).save(CODE, study.model_dump(mode="json"), items(*roles, expected=expected))
    return study


def admitted(feedback: Feedback, rater: str = "ann") -> Sitting:
    found = Sitting(feedback, CODE, rater)
    found.consent()
    found.leave_instruction()
    return found


def pass_check(one: Sitting, *, right: bool = True) -> None:
    questions = one.texts.comprehension(one.study.task)
    one.check({q.question: q.options.index(q.answer) if right else 2 for q in questions})


def working(feedback: Feedback, rater: str = "ann") -> Sitting:
    found = admitted(feedback, rater)
    pass_check(found)
    return found


def look(one: Sitting) -> str:
    assignment = one.standing.assignment
    assert assignment
    one.open(make_case(assignment.item.image_index), Learner(one._feedback, Settings(xai_policy=one.study.policy)))
    assert one.item
    return one.item.key


def answer(one: Sitting, what: str | int, confidence: int | None = None) -> None:
    one.answer(look(one), what, confidence)
    assert one.outbox.problem is None


def stored(feedback: Feedback) -> list[tuple]:
    with feedback.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT kind, json_extract(payload, '$.task') FROM events ORDER BY sequence")
        return [tuple(row) for row in rows]


def test_from_the_link_to_the_code(feedback):
    begin(feedback, "main", "main", "main")
    one = Sitting(feedback, CODE, "ann")
    assert one.standing.stage == "consent"
    assert stored(feedback) == [], "nothing is stored of somebody who has not agreed"
    one.consent()
    assert one.standing.stage == "instruction"
    one.leave_instruction()
    assert one.standing.stage == "comprehension"
    pass_check(one)
    assert (one.standing.stage, one.done) == ("task", (0, 2))
    answer(one, "up")
    assert (one.standing.stage, one.done) == ("task", (1, 2))
    answer(one, "down")
    assert (one.standing.stage, one.standing.instrument) == ("questionnaire", "ess")
    one.fill_in("ess", {"ess1": 5})
    assert one.standing.stage == "completed"
    assert stored(feedback) == [
        ("task", "consent"),
        ("task", "instruction"),
        ("task", "comprehension"),
        ("vote", "thumb"),
        ("vote", "thumb"),
        ("task", "questionnaire"),
        ("task", "completion"),
    ]
    assert Sitting(feedback, CODE, "ann").standing.code == one.standing.code, "the code that was given stands"
    assert sorted(thumb.value for thumb in feedback.thumbs()) == [-1, 1]


def test_a_new_tab_goes_on_where_the_old_one_was_and_shows_the_same(feedback):
    begin(feedback, "main", "main", "main", task="pair")
    one = working(feedback)
    look(one)
    other = Sitting(feedback, CODE, "ann")
    look(other)
    assert other.item
    assert one.item
    assert other.item.key == one.item.key
    assert [p.impression.impression_id for p in other.item.panels] == [
        p.impression.impression_id for p in one.item.panels
    ]
    assert [p.arm for p in other.item.panels] == [p.arm for p in one.item.panels]


def test_two_tabs_give_one_answer(feedback):
    begin(feedback, "main", "main", "main")
    one, other = working(feedback), Sitting(feedback, CODE, "ann")
    key = look(one)
    assert look(other) == key
    one.answer(key, "up", None)
    one.answer(key, "up", None)
    other.answer(key, "down", None)
    assert other.outbox.problem is None
    assert other.standing.assignment == one.standing.assignment
    assert [kind for kind, _ in stored(feedback)].count("vote") == 1
    assert [thumb.value for thumb in feedback.thumbs()] == [1]


def test_two_tries_and_no_more(feedback):
    begin(feedback, "main", "main")
    one = admitted(feedback)
    pass_check(one, right=False)
    assert (one.standing.stage, one.standing.tries) == ("comprehension", 1)
    assert one.assignments == [], "who has not passed holds nothing that others want"
    pass_check(one, right=False)
    assert one.standing.stage == "failed"
    assert Sitting(feedback, CODE, "ann").standing.stage == "failed"


def test_practice_comes_before_the_check_and_gets_an_answer(feedback):
    begin(feedback, "practice", "main", "main", expected="up")
    one = admitted(feedback)
    assert one.standing.stage == "practice"
    answer(one, "down")
    assert one.note
    assert (one.note.good, "👍 Convincing" in one.note.text) == (False, True)
    assert one.standing.stage == "comprehension"
    assert feedback.thumbs() == [], "practice teaches the ranking nothing"


def test_answers_before_the_least_time_are_not_taken_and_counted(feedback):
    begin(feedback, "main", "main", minimum_seconds=5)
    one = working(feedback)
    key = look(one)
    for _ in range(2):
        one.answer(key, "up", None)
    assert one.note
    assert "at least 5 seconds" in one.note.text
    assert one.done == (0, 2)
    one._since -= timedelta(seconds=6)
    one.answer(key, "up", None)
    assert (one.done, one.note) == ((1, 2), None)
    assert one._participation.history(CODE, "ann")[-1].payload.early == 2


def test_a_clock_that_is_set_back_costs_no_answer(feedback):
    begin(feedback, "main", "main", minimum_seconds=5)
    one = working(feedback)
    key = look(one)
    one._since = datetime.now(UTC) + timedelta(hours=1)
    one.answer(key, "up", None)
    assert one.done == (1, 2)
    assert one._participation.history(CODE, "ann")[-1].lead_time_ms is None


def test_before_and_after_the_explanation(feedback):
    begin(feedback, "main", "main", task="reliance", before=True, confidence=True)
    one = working(feedback)
    look(one)
    assert one.item
    assert (one.item.step, one.item.panels) == ("before", ())
    answer(one, "wrong", 2)
    again = Sitting(feedback, CODE, "ann")
    look(again)
    assert again.item
    assert (again.item.step, len(again.item.panels), again.first_answer) == ("after", 1, "wrong")
    answer(again, "right", 4)
    first, second = (event.payload for event in again._participation.history(CODE, "ann")[-2:])
    assert [(p.step, p.answer, p.confidence, p.arm is None) for p in (first, second)] == [
        ("before", "wrong", 2, True),
        ("after", "right", 4, False),
    ]
    assert again.done == (1, 2)


def test_the_control_condition_sees_no_explanation_and_is_asked_about_none(feedback):
    begin(feedback, "main", "main", "main", task="simulation", explained=1, control=1, before=True)
    working(feedback)
    one = working(feedback, "ben")
    assert one.person
    assert one.person.condition == "control"
    look(one)
    assert one.item
    assert (one.item.step, one.item.panels) == ("only", ())
    answer(one, 1)
    answer(one, 0)
    assert one.standing.stage == "completed"
    last = [event.payload for event in one._participation.history(CODE, "ben") if event.payload.task == "simulation"]
    assert [(p.answer, p.prediction, p.arm, p.condition) for p in last] == [
        (1, 0, None, "control"),
        (0, 0, None, "control"),
    ]


@pytest.mark.parametrize(
    ("task", "role", "stored_answer", "expected"),
    [
        ("thumb", "attention", "down", "down"),
        ("thumb", "gold", "up", "up"),
        ("simulation", "gold", None, 0),
        ("simulation", "attention", "cow", 2),
        ("reliance", "gold", None, "right"),
        ("reliance", "attention", "wrong", "wrong"),
        ("pair", "attention", "tie", "tie"),
    ],
)
def test_what_passes_a_check(feedback, task, role, stored_answer, expected):
    begin(feedback, role, "main", "main", expected=stored_answer, task=task, stop_after=2)
    one = working(feedback)
    while one.standing.stage == "task":
        look(one)
        assert one.item
        if one.item.assignment.item.role == role:
            assert one.item.expected == expected
            return
        answer(one, {"thumb": "up", "pair": "left", "simulation": 0, "reliance": "right"}[task])
    pytest.fail("the check never came")


def test_the_better_arm_of_a_gold_pair_passes_on_whichever_side(feedback):
    begin(feedback, *["gold"] * 12, "main", "main", expected=ARMS[0], task="pair")
    one, sides = working(feedback), []
    while one.standing.stage == "task":
        look(one)
        assert one.item
        if one.item.assignment.item.role == "gold":
            side = [panel.arm for panel in one.item.panels].index(ARMS[0])
            assert one.item.expected == ("left", "right")[side]
            sides.append(side)
        answer(one, "left")
    assert set(sides) == {0, 1}, "sides are drawn"


def test_an_item_that_comes_again_is_the_same_explanation(feedback):
    begin(feedback, "main", "main", "main", repeats=2, questionnaires=[])
    one = working(feedback)
    assert one.done == (0, 4)
    while one.standing.stage == "task":
        answer(one, "up")
    shown: dict[int, set[str]] = {}
    for event in one._participation.history(CODE, "ann"):
        if event.payload.task == "thumb":
            place = next(a.item.image_index for a in one.assignments if a.assignment_id == event.assignment_id)
            shown.setdefault(place, set()).add(event.payload.arm)
    assert [len(arms) for arms in shown.values()] == [1, 1]
    assert len(feedback.thumbs()) == 2, "of two answers to one explanation the later counts"


def test_the_ranking_learns_from_pairs_as_from_thumbs(feedback):
    begin(feedback, *["main"] * 20, task="pair", stop_after=20, items={"sample": 20})
    one = working(feedback)
    learner = Learner(feedback, Settings(xai_policy="learned"))
    while one.standing.stage == "task":
        look(one)
        assert one.item
        answer(one, "right" if one.item.panels[1].arm == "grid-5" else "left")
    posterior = learner.refresh()
    assert len(posterior.events) == 40
    assert all(event.compared for event in posterior.events)
    assert {event.value for event in posterior.events if event.arm == "grid-5"} == {1}
    offered = make_case(99)
    order = Learner(feedback, Settings(xai_policy="frozen")).order(offered, None)  # type: ignore[arg-type]
    assert order.arms.index("grid-5") < order.arms.index("slic-medium")


def test_a_tie_teaches_nothing(feedback):
    begin(feedback, "main", "main", task="pair")
    one = working(feedback)
    answer(one, "tie")
    (pair,) = [e.payload for e in one._participation.history(CODE, "ann") if isinstance(e.payload, Pair)]
    assert pair.answer == "tie"
    assert Learner(feedback, Settings()).refresh().events == ()


def test_a_frozen_study_keeps_to_the_thumbs_from_before_it_began(feedback):
    begin(feedback, "main", "main", "main")
    one = working(feedback)
    answer(one, "up")
    moment = datetime.now(UTC)
    answer(one, "up")
    frozen = Learner(feedback, Settings(xai_policy="frozen"), until=moment)
    assert len(frozen.refresh().events) == 1
    assert len(Learner(feedback, Settings(xai_policy="frozen")).refresh().events) == 2


def test_a_link_to_a_study_that_is_closed_full_or_not_there(feedback):
    with pytest.raises(UnknownStudy, match="no study toys"):
        Sitting(feedback, CODE, "ann")
    begin(feedback, "main", "main", overlap=1)
    working(feedback)
    assert Sitting(feedback, CODE, "ben").refusal is StudyFull
    Studies(feedback.database).close(CODE)
    assert Sitting(feedback, CODE, "ben").refusal is StudyClosed
    assert Sitting(feedback, CODE, "ann").standing.stage == "task", "who has begun may finish"


def test_who_agrees_to_a_study_that_was_closed_meanwhile_is_told(feedback):
    begin(feedback, "main", "main")
    one = Sitting(feedback, CODE, "ann")
    Studies(feedback.database).close(CODE)
    one.consent()
    assert (one.refusal, one.outbox.problem) == (StudyClosed, None)


def test_whoever_entered_one_version_keeps_it(feedback):
    begin(feedback, "main", "main", "main")
    admitted(feedback)
    begin(feedback, "main", "main", "main", title="Other toys")
    assert Sitting(feedback, CODE, "ann").study.title == "Toys"
    assert Sitting(feedback, CODE, "ben").study.title == "Other toys"


def test_an_answer_that_storage_refused_goes_in_with_the_next_try(feedback, monkeypatch):
    begin(feedback, "main", "main")
    one = working(feedback)
    key = look(one)
    monkeypatch.setattr("db.backend.PATIENCE_S", 0.05)
    slow = Sitting(Feedback(Database.open(f"sqlite:///{feedback.database.backend.path}")), CODE, "ann")
    look(slow)
    with feedback.database.write():
        slow.answer(key, "up", None)
        assert slow.outbox.problem
    assert slow.item
    slow.outbox.retry()
    assert (slow.outbox.problem, slow.done) == (None, (1, 2))
