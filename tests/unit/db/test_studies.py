"""Studies are stored in versions, items are handed out evenly, and every answer is stored once."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import func, select

from db.errors import InvalidRecord, StudyClosed, StudyFull, UnknownAssignment, UnknownStudy
from db.feedback import Feedback
from db.forget import forget
from db.participation import Participation
from db.payloads import Completion, Consent, Reliance, Thumb, payload_of
from db.schema import assignments, events, participants
from db.studies import Studies
from db.study_records import NewItem, Quota

CODE = "castings"
CONSENT = Consent(text_digest="0", language="en")
SHARES = {"explained": 1}


@pytest.fixture
def studies(database) -> Studies:
    return Studies(database)


@pytest.fixture
def participation(database) -> Participation:
    return Participation(database)


def items(count: int, role="main", first=0) -> list[NewItem]:
    return [
        NewItem(role=role, dataset="mnist", split="test", image_index=at, image_id=f"image-{at}")
        for at in range(first, first + count)
    ]


def join(participation: Participation, rater: str, shares=SHARES, version=1):
    return participation.join(CODE, rater, version=version, shares=shares, overlap=99, consent=CONSENT, session_id="s")


def reserve(participation, person, quota, seed=0, now=None):
    return participation.reserve(person, quota, np.random.default_rng(seed), now)


def reliance(role="main", step="only", repetition=0, answer="right") -> Reliance:
    return Reliance(
        role=role, condition="explained", step=step, repetition=repetition, prediction=1, truth=1, probability=0.5,
        answer=answer, arm=None,
    )  # fmt: skip


def answer(participation, person, one, *, now=None, **changes) -> bool:
    return participation.answer(
        person,
        one.assignment_id,
        reliance(role=one.item.role, repetition=one.repetition, **changes),
        impression_id=None,
        lead_time_ms=900,
        lease_until=(now or datetime.now(UTC)) + timedelta(hours=1),
        session_id="s",
    )


def rows(database, table) -> int:
    with database.read() as connection:
        return connection.scalar(select(func.count()).select_from(table))


def test_the_same_study_again_is_the_same_version_and_any_change_a_new_one(studies):
    assert studies.save(CODE, {"items": 3}, items(3)) == 1
    assert studies.save(CODE, {"items": 3}, items(3)) == 1
    assert studies.save(CODE, {"items": 4}, items(3)) == 2
    assert studies.save(CODE, {"items": 4}, items(2) + items(1, first=5)) == 3
    assert [studies.version(CODE, at).configuration for at in (1, 2, 3)] == [{"items": 3}, {"items": 4}, {"items": 4}]
    assert studies.version(CODE).version == 3
    spans = {one.image_index: (one.added_in, one.dropped_in) for one in studies.items(CODE)}
    assert spans == {0: (1, None), 1: (1, None), 2: (1, 3), 5: (3, None)}


def test_a_study_that_is_not_there_is_named(studies, participation):
    for ask in (studies.close, studies.version, studies.items, studies.is_closed, studies.progress):
        with pytest.raises(UnknownStudy, match="no study nowhere"):
            ask("nowhere")
    with pytest.raises(UnknownStudy):
        participation.join("nowhere", "ann", version=1, shares=SHARES, overlap=1, consent=CONSENT, session_id="s")


def test_a_closed_study_takes_nobody_new_and_no_change_but_lets_finish(studies, participation):
    studies.save(CODE, {}, items(2))
    ann = join(participation, "ann")
    (first, _) = reserve(participation, ann, Quota(2, 1))
    assert studies.close(CODE)
    assert not studies.close(CODE)
    with pytest.raises(StudyClosed, match="takes nobody new"):
        join(participation, "ben")
    with pytest.raises(StudyClosed, match="another code"):
        studies.save(CODE, {"changed": True}, items(2))
    assert join(participation, "ann") == ann
    assert answer(participation, ann, first)


def test_conditions_fill_up_by_their_shares(studies, participation):
    studies.save(CODE, {}, items(1))
    shares = {"explained": 2, "control": 1}
    people = [join(participation, f"rater {at}", shares) for at in range(9)]
    assert Counter(one.condition for one in people) == {"explained": 6, "control": 3}


def test_who_joins_twice_stays_who_they_are_and_consents_once(studies, participation, database):
    studies.save(CODE, {}, items(1))
    assert join(participation, "ann") == join(participation, "ann")
    assert (rows(database, participants), rows(database, events)) == (1, 1)
    (consent,) = participation.history(CODE, "ann")
    assert consent.payload == CONSENT


def test_a_participant_gets_practice_then_everything_mixed_then_repeats(studies, participation):
    studies.save(CODE, {}, [*items(9), *items(2, "practice", 20), *items(1, "gold", 30), *items(1, "attention", 40)])
    mine = reserve(participation, join(participation, "ann"), Quota(6, 5, repeats=2))
    roles = [one.item.role for one in mine]
    assert roles[:2] == ["practice"] * 2
    assert Counter(roles[2:10]) == {"main": 6, "gold": 1, "attention": 1}
    first, again = mine[2:10], mine[10:]
    assert [one.repetition for one in again] == [1, 1]
    assert {one.item for one in again} < {one.item for one in first[:4] if one.item.role == "main"}
    assert [one.place for one in mine] == list(range(12))
    assert reserve(participation, join(participation, "ann"), Quota(6, 5, repeats=2), seed=1) == mine


def test_a_full_study_gives_nothing(studies, participation):
    studies.save(CODE, {}, [*items(2), *items(1, "practice", 9)])
    assert len(reserve(participation, join(participation, "ann"), Quota(2, 1))) == 3
    assert reserve(participation, join(participation, "ben"), Quota(2, 1)) == []


def test_whom_no_item_wants_is_not_admitted(studies, participation):
    studies.save(CODE, {}, items(2))
    assert participation.has_room(CODE, SHARES, 1)
    reserve(participation, join(participation, "ann"), Quota(2, 1))
    assert not participation.has_room(CODE, SHARES, 1)
    admit = {"version": 1, "shares": SHARES, "consent": CONSENT, "session_id": "s"}
    with pytest.raises(StudyFull, match="has all the answers"):
        participation.join(CODE, "ben", overlap=1, **admit)
    assert participation.join(CODE, "ben", overlap=2, **admit)


def test_a_full_condition_leaves_the_others_open(studies, participation):
    studies.save(CODE, {}, items(2))
    shares = {"explained": 1, "control": 1}
    ann = join(participation, "ann", shares)
    reserve(participation, ann, Quota(2, 1))
    admitted = [
        participation.join(CODE, name, version=1, shares=shares, overlap=1, consent=CONSENT, session_id="s").condition
        for name in ("ben", "cem")
    ]
    assert (ann.condition, admitted) == ("explained", ["control", "control"])


def test_practice_reserves_nothing_that_others_want(studies, participation):
    studies.save(CODE, {}, [*items(1), *items(2, "practice", 5)])
    quota, ann = Quota(1, 1), join(participation, "ann")
    rng = np.random.default_rng(0)
    practice = participation.reserve(ann, quota, rng, practice_only=True)
    assert [one.item.role for one in practice] == ["practice"] * 2
    assert participation.reserve(ann, quota, rng, practice_only=True) == practice
    assert len(reserve(participation, join(participation, "ben"), quota)) == 3
    assert reserve(participation, ann, quota) == practice


def test_what_nobody_answered_in_time_goes_to_others(studies, participation):
    studies.save(CODE, {}, items(2))
    start, quota = datetime(2026, 1, 1, tzinfo=UTC), Quota(2, 1, lease=timedelta(hours=1))
    ann, ben = join(participation, "ann"), join(participation, "ben")
    mine = reserve(participation, ann, quota, now=start)
    assert reserve(participation, ben, quota, now=start + timedelta(minutes=59)) == []
    taken = reserve(participation, ben, quota, now=start + timedelta(minutes=61))
    assert {one.item for one in taken} == {one.item for one in mine}
    assert reserve(participation, ann, quota, now=start + timedelta(minutes=62)) == []
    assert answer(participation, ann, mine[0]), "an answer that comes late is taken all the same"


def test_who_comes_back_first_keeps_what_they_had(studies, participation):
    studies.save(CODE, {}, items(2))
    start, quota = datetime(2026, 1, 1, tzinfo=UTC), Quota(2, 1)
    ann, ben = join(participation, "ann"), join(participation, "ben")
    mine = reserve(participation, ann, quota, now=start)
    late = start + timedelta(hours=5)
    assert reserve(participation, ann, quota, now=late) == mine
    assert reserve(participation, ben, quota, now=late) == []


def test_who_has_done_all_that_was_theirs_gets_nothing_more(studies, participation):
    studies.save(CODE, {}, items(1))
    ann = join(participation, "ann")
    (mine,) = reserve(participation, ann, Quota(3, 9))
    answer(participation, ann, mine)
    studies.save(CODE, {}, items(3))
    assert [one.assignment_id for one in reserve(participation, ann, Quota(3, 9))] == [mine.assignment_id]


def test_a_clock_that_is_set_back_takes_nothing_from_anybody(studies, participation):
    studies.save(CODE, {}, items(2))
    ann, quota = join(participation, "ann"), Quota(2, 1)
    now = datetime.now(UTC)
    mine = reserve(participation, ann, quota, now=now)
    yesterday = now - timedelta(days=1)
    assert reserve(participation, ann, quota, now=yesterday) == mine
    assert all(answer(participation, ann, one, now=yesterday) for one in mine)
    assert all(one.done for one in reserve(participation, ann, quota, now=yesterday))


def test_every_answer_keeps_the_rest_for_longer(studies, participation):
    studies.save(CODE, {}, items(2))
    quota = Quota(2, 1, lease=timedelta(minutes=10))
    ann = join(participation, "ann")
    now = datetime.now(UTC)
    first, _ = reserve(participation, ann, quota, now=now)
    answer(participation, ann, first, now=now)
    assert reserve(participation, join(participation, "ben"), quota, now=now + timedelta(minutes=50)) == []


def test_items_added_in_mid_study_are_handed_out_first(studies, participation):
    studies.save(CODE, {}, items(2))
    for rater in ("ann", "ben"):
        reserve(participation, join(participation, rater), Quota(2, 9))
    studies.save(CODE, {}, items(4))
    mine = reserve(participation, join(participation, "cem", version=2), Quota(2, 9))
    assert sorted(one.item.image_index for one in mine) == [2, 3]


def test_an_answer_is_stored_once_and_by_nobody_else(studies, participation, database):
    studies.save(CODE, {}, items(1))
    ann, ben = join(participation, "ann"), join(participation, "ben")
    (mine,) = reserve(participation, ann, Quota(1, 1))
    assert answer(participation, ann, mine)
    assert not answer(participation, ann, mine, answer="wrong")
    with pytest.raises(UnknownAssignment, match="was not given to this participant"):
        answer(participation, ben, mine)
    (done,) = reserve(participation, ann, Quota(1, 1))
    assert done.done
    last = participation.history(CODE, "ann")[-1]
    assert (last.payload.answer, last.assignment_id, last.lead_time_ms) == ("right", mine.assignment_id, 900)


def test_before_and_after_are_two_answers_and_the_second_finishes(studies, participation):
    studies.save(CODE, {}, items(1))
    ann = join(participation, "ann")
    (mine,) = reserve(participation, ann, Quota(1, 1))
    assert answer(participation, ann, mine, step="before")
    assert not reserve(participation, ann, Quota(1, 1))[0].done
    assert answer(participation, ann, mine, step="after")
    assert reserve(participation, ann, Quota(1, 1))[0].done


@pytest.mark.parametrize(("role", "votes"), [("main", 1), ("gold", 1), ("practice", 0), ("attention", 0)])
def test_thumbs_teach_the_ranking_unless_they_were_practice_or_asked_for(
    role, votes, *, studies, participation, database, make_impression
):
    studies.save(CODE, {}, [*items(1), *(items(1, role, 5) if role != "main" else [])])
    feedback, ann = Feedback(database), join(participation, "ann")
    one = next(one for one in reserve(participation, ann, Quota(1, 1)) if one.item.role == role)
    shown = make_impression(rater_id="ann")
    feedback.show(shown)
    thumb = Thumb(
        role=role, condition="explained", step="only", repetition=0, prediction=1, truth=None, probability=1,
        answer="down", arm=shown.arm,
    )  # fmt: skip
    later = datetime.now(UTC) + timedelta(hours=1)
    participation.answer(
        ann, one.assignment_id, thumb, impression_id=shown.impression_id, lead_time_ms=-5, lease_until=later,
        session_id="s",
    )  # fmt: skip
    assert [found.value for found in feedback.thumbs()] == [-1] * votes
    last = participation.history(CODE, "ann")[-1]
    assert (last.payload, last.lead_time_ms) == (thumb, None)


def test_progress_counts_people_answers_and_overlap(studies, participation):
    studies.save(CODE, {}, items(3))
    ann, ben = join(participation, "ann"), join(participation, "ben")
    for one in reserve(participation, ann, Quota(2, 2)):
        answer(participation, ann, one)
    answer(participation, ben, reserve(participation, ben, Quota(1, 2))[0])
    participation.record(ann, Completion(code="X"), detail="", session_id="s")
    found = studies.progress(CODE)
    assert (found.participants, found.finished, found.answers) == ({"explained": 2}, 1, 3)
    assert found.overlap == {"explained": {0: 0, 1: 3}}


def test_who_is_forgotten_leaves_no_trace_in_a_study(studies, participation, database):
    studies.save(CODE, {}, items(1))
    ann = join(participation, "ann")
    answer(participation, ann, reserve(participation, ann, Quota(1, 1))[0])
    assert forget(database, "ann").events == {"task": 2}
    assert (rows(database, participants), rows(database, assignments)) == (0, 0)
    assert participation.history(CODE, "ann") == []
    assert len(reserve(participation, join(participation, "ben"), Quota(1, 1))) == 1


@pytest.mark.parametrize(
    "stored", [None, {}, {"task": "consent"}, {"task": "thumb", "answer": "sideways"}, {"task": "dance"}]
)
def test_what_is_no_payload_is_refused(stored):
    with pytest.raises(InvalidRecord, match="no payload of a study"):
        payload_of(stored)


RATER = """
import sys, time
from datetime import UTC, datetime, timedelta
import numpy as np
from db import Database, StorageUnavailable
from db.participation import Participation
from db.study_records import Quota
from tests.unit.db import test_studies as t

url, name = sys.argv[1:]

def insist(act, *arguments, **named):
    while True:
        try:
            return act(*arguments, **named)
        except StorageUnavailable as error:
            if "held by" not in str(error) and "too busy" not in str(error): raise

# more raters an item than there are: only the order of reservations keeps the overlap even
participation, quota = Participation(insist(Database.open, url)), Quota(12, 40, repeats=2)
for number in range(5):
    person = insist(t.join, participation, f"{name}/{number}", {"explained": 1, "control": 1})
    for one in insist(t.reserve, participation, person, quota, seed=number):
        insist(t.answer, participation, person, one)
        insist(t.answer, participation, person, one)
"""


@pytest.mark.slow
def test_forty_raters_in_eight_processes_reach_an_even_overlap(url, studies, participation, database, start_python):
    studies.save(CODE, {}, items(30))
    processes = [start_python(RATER, url, str(at)) for at in range(8)]
    for process in processes:
        _, errors = process.communicate(timeout=500)
        assert process.returncode == 0, errors
    with database.read() as connection:
        done = connection.execute(select(assignments)).all()
        stored = connection.scalar(select(func.count()).where(events.c.assignment_id.is_not(None)))
    first = [row for row in done if not row.repetition]
    assert (len(first), len(done), stored) == (40 * 12, 40 * 14, 40 * 14)
    assert all(row.done_at for row in done)
    assert max(Counter((row.rater_id, row.item_id) for row in first).values()) == 1
    for condition in ("explained", "control"):
        overlap = Counter(row.item_id for row in first if row.condition == condition)
        assert set(overlap.values()) == {8}
    assert len({row.rater_id for row in first}) == 40
