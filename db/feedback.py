"""The repository: what pages and the ranker say to storage."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from uuid import UUID

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sqlalchemy import distinct, func, select

from db import queries
from db.decisions import as_row, from_row
from db.engine import Database
from db.errors import InvalidRecord, UnknownImpression
from db.in_force import in_force
from db.records import (
    KINDS,
    NONE_CONVINCED,
    Approval,
    Changes,
    Counts,
    Decision,
    EventKind,
    Impression,
    Kind,
    RatedItem,
    SessionSummary,
    Thumb,
)
from db.rows import event_row, insert_once, plain, possible_lead_time, session_of
from db.schema import classifiers, current_thumbs, decisions, embeddings, events, impressions


@dataclass(frozen=True)
class Feedback:
    """Decisions, impressions, answers and embeddings in one database.

    Whatever writes returns after the commit: True when it stored something, False when the same thing was there
    already, so that every call can be repeated without harm. All methods raise ``StorageUnavailable`` and those that
    write ``StorageFull``; then nothing was stored and the call can be made again. Answers raise ``UnknownImpression``
    where nothing was shown, and ``ForeignImpression`` where it was shown to another rater.

    A lead time that cannot be, as where a clock was set back meanwhile, is stored as unknown.
    """

    database: Database

    def record_decision(self, decision: Decision) -> bool:
        """Store an order of explanations before the first of them is shown.

        Features are kept to seven digits. Raises ``InvalidRecord`` for values outside the schema and for an arm that
        is not among the candidates.
        """
        with self.database.write() as connection:
            return insert_once(connection, decisions, as_row(decision))

    def decision(self, decision_id: UUID) -> Decision | None:
        """The decision of that id, None where none was recorded."""
        with self.database.read() as connection:
            row = connection.execute(select(decisions).where(decisions.c.decision_id == decision_id)).first()
        return None if row is None else from_row(row)

    def show(self, impression: Impression) -> bool:
        """Store that an explanation was shown.

        Raises ``InvalidRecord`` for values outside the schema and for a decision that was not recorded.
        """
        row = {item.name: plain(getattr(impression, item.name)) for item in fields(Impression)}
        with self.database.write() as connection:
            return insert_once(connection, impressions, row)

    def vote(
        self,
        impression_id: UUID,
        rater_id: str,
        value: int,
        *,
        reasons: Sequence[str] = (),
        lead_time_ms: int | None = None,
        revision: int = 0,
        session_id: str | None = None,
    ) -> bool:
        """Store a thumb: ``value`` +1 (convincing) or -1.

        The first vote of a ``revision`` stands; changing one's mind takes ``retract`` and the next revision. The
        session is the impression's unless given. Raises ``InvalidRecord``.
        """
        if value not in (-1, 1):
            raise InvalidRecord(f"A vote is +1 or -1, not {value!r}.")
        return self._add(
            "vote",
            impression_id,
            rater_id,
            session_id,
            revision=revision,
            value=int(value),
            reasons=list(reasons),
            lead_time_ms=possible_lead_time(lead_time_ms),
        )

    def retract(self, impression_id: UUID, rater_id: str, revision: int = 0, *, session_id: str | None = None) -> bool:
        """Undo the vote of this revision. Raises ``UnknownImpression`` where there is no such vote."""
        return self._add("retract", impression_id, rater_id, session_id, revision=revision)

    def skip(
        self,
        impression_id: UUID,
        rater_id: str,
        *,
        reasons: Sequence[str] = (),
        lead_time_ms: int | None = None,
        session_id: str | None = None,
    ) -> bool:
        """Store that a person moved on without an answer."""
        return self._add(
            "skip",
            impression_id,
            rater_id,
            session_id,
            reasons=list(reasons),
            lead_time_ms=possible_lead_time(lead_time_ms),
        )

    def give_reasons(
        self,
        impression_id: UUID,
        rater_id: str,
        reasons: Iterable[str],
        *,
        revision: int = 0,
        session_id: str | None = None,
    ) -> bool:
        """Store the tags in force from now on for the vote or skip of this revision.

        They replace those given before; none at all withdraws them. Nothing is stored where the same tags are in
        force already. Raises ``UnknownImpression`` where there is no such answer.
        """
        given = list(dict.fromkeys(reasons))
        with self.database.write() as connection:
            shown_in = session_of(connection, impression_id, rater_id)
            acts = connection.execute(queries.answers(impression_id, rater_id, revision)).all()
            replaced = [act.reasons for act in acts if act.kind == "reasons"]
            answers = [act.reasons for act in acts if act.kind in ("vote", "skip") and act.reasons != [NONE_CONVINCED]]
            if not answers:
                raise UnknownImpression(
                    f"There is no answer of revision {revision} on {impression_id} to give tags to."
                )
            if set(given) == set([*answers, *replaced][-1]):
                return False
            row = event_row(
                "reasons",
                impression_id,
                rater_id=rater_id,
                session_id=session_id or shown_in,
                revision=revision,
                detail=str(len(replaced)),  # or the second time that the same tags are given would be the first
            )
            return insert_once(connection, events, row | {"reasons": given})

    def none_convinced(self, impression_id: UUID, rater_id: str, *, session_id: str | None = None) -> bool:
        """Store that no explanation of the image convinced; ``impression_id`` is the last one shown."""
        return self._add("skip", impression_id, rater_id, session_id, reasons=[NONE_CONVINCED], detail=NONE_CONVINCED)

    def comment(self, impression_id: UUID, rater_id: str, text: str, *, session_id: str | None = None) -> bool:
        """Store a person's words about an explanation; the same words count once."""
        return self._add("comment", impression_id, rater_id, session_id, text=text, detail=text)

    def thumbs(self, dataset: str | None = None, kinds: Iterable[Kind] = KINDS) -> list[Thumb]:
        """All votes in force, oldest first: one per rater, image, arm, kind and classifier version."""
        with self.database.read() as connection:
            return [
                queries.thumb(row) for row in connection.execute(queries.about(queries.THUMBS, dataset, kinds)).all()
            ]

    def changes_since(self, sequence: int) -> Changes:
        """What came into force and what lost force after the event ``sequence`` (0: since the beginning)."""
        with self.database.read() as connection:
            last = connection.scalar(select(func.max(events.c.sequence))) or 0
            if last <= sequence:
                return Changes((), (), sequence)
            if sequence == 0:  # no need to go through everybody's history
                return Changes(tuple(queries.thumb(row) for row in connection.execute(queries.THUMBS).all()), (), last)
            if connection.scalar(queries.erasures_since(sequence)):
                return Changes((), (), last, erased=True)
            rows = {row.sequence: row for row in connection.execute(queries.histories_touched_since(sequence))}
        acts = [queries.act(row) for row in rows.values()]
        before = in_force(act for act in acts if act.sequence <= sequence)
        after = in_force(acts)
        return Changes(
            added=tuple(queries.thumb(rows[number]) for number in sorted(after - before)),
            removed=tuple(sorted(before - after)),
            last_sequence=last,
        )

    def last_sequence(self) -> int:
        """Number of the newest event, 0 where there is none: as long as it stays, nothing has happened."""
        with self.database.read() as connection:
            return connection.scalar(select(func.max(events.c.sequence))) or 0

    def counts(self, dataset: str | None = None, kinds: Iterable[Kind] = KINDS) -> Counts:
        """Numbers of votes in force, of the people behind them and of the images they are about."""
        vote = current_thumbs.c
        query = select(func.count(), func.count(distinct(vote.rater_id)), func.count(distinct(vote.image_id)))
        with self.database.read() as connection:
            return Counts(*connection.execute(queries.about(query, dataset, kinds)).one())

    def session_summary(self, session_id: str) -> SessionSummary:
        """What a person saw and answered in one session; an unknown session is an empty one."""
        with self.database.read() as connection:
            seen = connection.scalar(queries.number_of_images_seen(session_id)) or 0
            rows = connection.execute(queries.HISTORY.where(events.c.session_id == session_id)).all()
        skips = [row for row in rows if row.act == "skip"]
        counted = in_force(queries.act(row) for row in rows if row.act in ("vote", "retract"))
        votes = [row for row in rows if row.sequence in counted]
        up, down = (Counter(row.arm for row in votes if row.value == value) for value in (1, -1))
        approval = [Approval(arm, up[arm], down[arm]) for arm in up | down]
        none_convinced = sum(NONE_CONVINCED in row.reasons for row in skips)
        return SessionSummary(
            images_seen=seen,
            thumbs_up=up.total(),
            thumbs_down=down.total(),
            skipped=len(skips) - none_convinced,
            none_convinced=none_convinced,
            approval=tuple(sorted(approval, key=lambda item: (-item.rate, -item.up, item.down, item.arm))),
            rated=tuple(RatedItem(*(getattr(row, item.name) for item in fields(RatedItem))) for row in reversed(votes)),
        )

    def decisions(self, dataset: str | None = None, kinds: Iterable[Kind] = KINDS) -> list[tuple[Decision, Thumb]]:
        """Every recorded decision whose first explanation has a vote in force, with that vote; oldest vote first."""
        with self.database.read() as connection:
            rows = connection.execute(queries.about(queries.FIRST_THUMBS, dataset, kinds))
            return [queries.judged_decision(row) for row in rows]

    def latest_decisions(self, dataset: str, count: int) -> list[Decision]:
        """The ``count`` decisions drawn last for images of a data set, judged or not; the latest last."""
        query = select(decisions).where(decisions.c.dataset == dataset).order_by(decisions.c.drawn_at.desc())
        with self.database.read() as connection:
            return [from_row(row) for row in reversed(connection.execute(query.limit(count)).all())]

    def save_embedding(self, image_id: str, classifier_version: str, vector: ArrayLike) -> bool:
        """Store an image's embedding, float32 ``[D]``. What was stored first for image and version stands."""
        row = {
            "image_id": image_id,
            "classifier_version": classifier_version,
            "vector": np.asarray(vector, dtype="<f4").tobytes(),
        }
        with self.database.write() as connection:
            return insert_once(connection, embeddings, row)

    def save_class_names(self, classifier_version: str, names: Sequence[str]) -> bool:
        """Store what the classes of a classifier are called, in its order. What was stored first stands."""
        row = {"classifier_version": classifier_version, "class_names": list(names)}
        with self.database.write() as connection:
            return insert_once(connection, classifiers, row)

    def embeddings(self, classifier_version: str | None = None) -> dict[tuple[str, str], NDArray[np.float32]]:
        """Embeddings float32 ``[D]`` by image id and classifier version, of one version or of all."""
        query = select(embeddings.c.image_id, embeddings.c.classifier_version, embeddings.c.vector)
        if classifier_version is not None:
            query = query.where(embeddings.c.classifier_version == classifier_version)
        with self.database.read() as connection:
            return {
                (row.image_id, row.classifier_version): np.frombuffer(row.vector, dtype="<f4").astype(np.float32)
                for row in connection.execute(query)
            }

    def _add(
        self,
        kind: EventKind,
        impression_id: UUID,
        rater_id: str,
        session_id: str | None,
        *,
        revision: int = 0,
        detail: str = "",
        **values: object,
    ) -> bool:
        with self.database.write() as connection:
            shown_in = session_of(connection, impression_id, rater_id)
            if kind == "retract":
                acts = connection.execute(queries.answers(impression_id, rater_id, revision))
                if all(act.kind != "vote" for act in acts):
                    raise UnknownImpression(f"There is no vote of revision {revision} on {impression_id} to undo.")
            row = event_row(
                kind,
                impression_id,
                rater_id=rater_id,
                session_id=session_id or shown_in,
                revision=revision,
                detail=detail,
            )
            return insert_once(connection, events, row | values)
