"""The table of answers: one row an answer that was not taken back, with what it was about, ready to be analysed.

It is computed from the log wherever it is needed: pages read it, and exports hold it beside the tables it comes from.
"""

from collections import Counter, defaultdict
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Integer, String, and_, case, cast, func, literal, null, or_, select, tuple_

from db.encoding import from_json
from db.schema import assignments, events, impressions, study_items

BATCH = 1000

TASKS = ("thumb", "pair", "simulation", "reliance")

COLUMNS: dict[str, tuple[str, str]] = {
    "sequence": ("INTEGER", "order of commits; the event it comes from"),
    "answered_at": ("DATETIME", "when the server stored it, UTC"),
    "rater": ("VARCHAR", "pseudonym of the person who answered"),
    "session": ("VARCHAR", "visit during which they answered"),
    "study": ("VARCHAR", "code of the study; empty outside one"),
    "version": ("INTEGER", "version of the study that the participant entered"),
    "condition": ("VARCHAR", "explained, or control: no explanation was shown; empty outside studies"),
    "role": ("VARCHAR", "practice, main, gold or attention; empty outside studies"),
    "step": ("VARCHAR", "only, or before and after the explanation was shown; empty outside studies"),
    "task": ("VARCHAR", ", ".join(TASKS)),
    "image": ("VARCHAR", "hash of the image's pixels"),
    "dataset": ("VARCHAR", "name of the data set"),
    "classifier": ("VARCHAR", "name of the classifier; empty where nothing was explained"),
    "kind": ("VARCHAR", "family of the explanation"),
    "arm": ("VARCHAR", "how the image was explained; empty for pairs and where nothing was explained"),
    "left_arm": ("VARCHAR", "pairs: what stood on the left"),
    "right_arm": ("VARCHAR", "pairs: what stood on the right"),
    "prediction": ("INTEGER", "index of the predicted class"),
    "truth": ("INTEGER", "index of the true class; empty where nobody knows it"),
    "correct": ("INTEGER", "1 where the classifier was right, 0 where not; empty where nobody knows"),
    "confidence": ("FLOAT", "probability of the predicted class, 0..1"),
    "answer": ("VARCHAR", "up or down; left, right or tie; an index of a class; right or wrong"),
    "value": ("FLOAT", "1 for a 👍, the left one of a pair, a right guess or judgement; 0 otherwise; 0.5 for a tie"),
    "sure": ("INTEGER", "how sure the person was, 1 (guessing) to 5; empty where not asked"),
    "passed": ("INTEGER", "1 or 0 where one answer was expected"),
    "repetition": ("INTEGER", "how often this person had answered the same before"),
    "current": ("INTEGER", "1 for the latest answer of a person to the same, which is the one that counts"),
    "lead_time_ms": ("INTEGER", "milliseconds from showing to answering"),
}
"""Type and meaning of every column, in order."""

_undo = events.alias("undo")
_VOTE = ("impression_id", "rater_id", "revision")
_taken_back = select(*(_undo.c[name] for name in _VOTE)).where(
    _undo.c.kind == "retract", _undo.c.impression_id.is_not(None)
)
_undone = tuple_(*(events.c[name] for name in _VOTE)).in_(_taken_back)  # few: found once, not for every vote
_payload = events.c.payload
_task = func.coalesce(_payload["task"].as_string(), "thumb")
_image = func.coalesce(impressions.c.image_id, study_items.c.image_id)
_nothing = cast(null(), String)

_PLAIN = {
    "sequence": events.c.sequence,
    "answered_at": events.c.server_ts,
    "rater": events.c.rater_id,
    "session": events.c.session_id,
    "study": events.c.study_code,
    "version": events.c.study_version,
    "condition": _nothing,
    "role": _nothing,
    "step": _nothing,
    "task": literal("thumb"),
    "image": _image,
    "dataset": func.coalesce(impressions.c.dataset, study_items.c.dataset),
    "classifier": impressions.c.classifier,
    "kind": impressions.c.kind,
    "arm": impressions.c.arm,
    "left_arm": _nothing,
    "right_arm": _nothing,
    "prediction": impressions.c.prediction,
    "truth": impressions.c.truth,
    "correct": case((impressions.c.prediction == impressions.c.truth, 1), (impressions.c.truth.is_not(None), 0)),
    "confidence": impressions.c.confidence,
    "answer": case((events.c.value > 0, "up"), else_="down"),
    "value": (events.c.value + 1) / 2.0,
    "sure": cast(null(), Integer),
    "passed": cast(null(), Integer),
    "lead_time_ms": events.c.lead_time_ms,
}
"""The columns of a thumb outside studies, but for its place among answers to the same."""

_QUERY = (
    select(
        *(expression.label(name) for name, expression in _PLAIN.items()),
        impressions.c.classifier_version,
        cast(_payload, String).label("payload"),
    )
    .select_from(events)
    .outerjoin(impressions, impressions.c.impression_id == events.c.impression_id)
    .outerjoin(assignments, assignments.c.assignment_id == events.c.assignment_id)
    .outerjoin(study_items, study_items.c.item_id == assignments.c.item_id)
    .where(or_(and_(events.c.kind == "vote", ~_undone), and_(events.c.kind == "task", _task.in_(TASKS))))
    .order_by(events.c.sequence)
)


def answers(connection: Connection) -> list[list[Any]]:
    """Every answer in the order of commits, with the values of ``COLUMNS``."""
    rows, questions = [], []
    for batch in connection.execute(_QUERY).partitions(BATCH):
        for *row, version, payload in batch:
            values = row if payload is None else _of_a_study(row, from_json(payload))
            rows.append(values)
            questions.append(hash((_same(values), version)))  # numbers, as the collector walks no numbers
    times = Counter(questions)
    seen: defaultdict[int, int] = defaultdict(int)
    for values, question in zip(rows, questions, strict=True):
        values[-1:] = (seen[question], int(seen[question] + 1 == times[question]), values[-1])
        seen[question] += 1
    return rows


_SAME = ("rater", "role", "step", "task", "image", "kind", "arm", "right_arm")
"""What makes two answers answers to the same question, besides the classifier's version."""

_same = itemgetter(*map(list(_PLAIN).index, _SAME))


def _of_a_study(row: list[Any], said: dict[str, Any]) -> list[Any]:
    known = said["truth"] is not None
    correct = int(said["prediction"] == said["truth"]) if known else None
    values = dict(zip(_PLAIN, row, strict=True)) | {
        "condition": said["condition"],
        "role": said["role"],
        "step": said["step"],
        "task": said["task"],
        "arm": said.get("arm"),
        "left_arm": said.get("left_arm"),
        "right_arm": said.get("right_arm"),
        "prediction": said["prediction"],
        "truth": said["truth"],
        "correct": correct,
        "confidence": said["probability"],
        "answer": str(said["answer"]),
        "value": _value(said, correct),
        "sure": said["confidence"],
        "passed": None if said["expected"] is None else int(said["answer"] == said["expected"]),
    }
    return list(values.values())


def _value(said: dict[str, Any], correct: int | None) -> float | None:
    answer = said["answer"]
    if said["task"] == "simulation":
        return float(answer == said["prediction"])
    if said["task"] == "reliance":
        return None if correct is None else float((answer == "right") == bool(correct))
    return {"up": 1.0, "down": 0.0, "left": 1.0, "right": 0.0, "tie": 0.5}[answer]
