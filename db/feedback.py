"""The repository: what pages and the ranker say to storage."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sqlalchemy import Connection, Row, Select, Table, and_, distinct, func, select, union
from sqlalchemy.dialects import postgresql, sqlite

from db.encoding import to_json
from db.engine import Database
from db.errors import InvalidRecord, UnknownImpression
from db.records import (
    KINDS,
    NONE_CONVINCED,
    Approval,
    Changes,
    Counts,
    Impression,
    Kind,
    RatedItem,
    SessionSummary,
    Thumb,
)
from db.replay import Act, in_force
from db.schema import current_thumbs, embeddings, events, impressions


@dataclass(frozen=True)
class Feedback:
    """Impressions, answers and embeddings in one database.

    Whatever writes returns after the commit: True when it stored something, False when the same thing was there
    already, so that every call can be repeated without harm. All methods raise ``StorageUnavailable`` and those that
    write ``StorageFull``; then nothing was stored and the call can be made again.
    """

    database: Database

    def show(self, impression: Impression) -> bool:
        """Store that an explanation was shown. Raises ``InvalidRecord`` for values outside the schema."""
        row = {item.name: _plain(getattr(impression, item.name)) for item in fields(Impression)}
        with self.database.write() as connection:
            return _insert_once(connection, impressions, row)

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
        session is the impression's unless given. Raises ``UnknownImpression`` and ``InvalidRecord``.
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
            reasons=reasons,
            lead_time_ms=lead_time_ms,
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
        """Store that a person moved on without an answer. Raises ``UnknownImpression``."""
        return self._add("skip", impression_id, rater_id, session_id, reasons=reasons, lead_time_ms=lead_time_ms)

    def none_convinced(self, impression_id: UUID, rater_id: str, *, session_id: str | None = None) -> bool:
        """Store that no explanation of the image convinced; ``impression_id`` is the last one shown."""
        return self._add("skip", impression_id, rater_id, session_id, reasons=(NONE_CONVINCED,), detail=NONE_CONVINCED)

    def comment(self, impression_id: UUID, rater_id: str, text: str, *, session_id: str | None = None) -> bool:
        """Store a person's words about an explanation; the same words count once. Raises ``UnknownImpression``."""
        return self._add("comment", impression_id, rater_id, session_id, text=text, detail=text)

    def thumbs(self, dataset: str | None = None, kinds: Iterable[Kind] = KINDS) -> list[Thumb]:
        """All votes in force, oldest first: one per rater, image, arm, kind and classifier version."""
        with self.database.read() as connection:
            return [_thumb(row) for row in connection.execute(_about(_THUMBS, dataset, kinds)).all()]

    def changes_since(self, sequence: int) -> Changes:
        """What came into force and what lost force after the event ``sequence`` (0: since the beginning)."""
        with self.database.read() as connection:
            last = connection.scalar(select(func.max(events.c.sequence))) or 0
            if last <= sequence:
                return Changes((), (), sequence)
            if sequence == 0:  # no need to go through everybody's history
                return Changes(tuple(_thumb(row) for row in connection.execute(_THUMBS).all()), (), last)
            rows = {row.sequence: row for row in connection.execute(_histories_touched_since(sequence))}
        acts = [_act(row) for row in rows.values()]
        before = in_force(act for act in acts if act.sequence <= sequence)
        after = in_force(acts)
        return Changes(
            added=tuple(_thumb(rows[number]) for number in sorted(after - before)),
            removed=tuple(sorted(before - after)),
            last_sequence=last,
        )

    def counts(self, dataset: str | None = None, kinds: Iterable[Kind] = KINDS) -> Counts:
        """Numbers of votes in force, of the people behind them and of the images they are about."""
        vote = current_thumbs.c
        query = select(func.count(), func.count(distinct(vote.rater_id)), func.count(distinct(vote.image_id)))
        with self.database.read() as connection:
            return Counts(*connection.execute(_about(query, dataset, kinds)).one())

    def session_summary(self, session_id: str) -> SessionSummary:
        """What a person saw and answered in one session; an unknown session is an empty one."""
        with self.database.read() as connection:
            seen = connection.scalar(_number_of_images_seen(session_id)) or 0
            rows = connection.execute(_HISTORY.where(events.c.session_id == session_id)).all()
        skips = [row for row in rows if row.act == "skip"]
        counted = in_force(_act(row) for row in rows if row.act in ("vote", "retract"))
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
            rated=tuple(
                RatedItem(row.impression_id, row.image_id, row.dataset, row.kind, row.arm, row.value, row.voted_at)
                for row in reversed(votes)
            ),
        )

    def save_embedding(
        self,
        image_id: str,
        classifier_version: str,
        vector: ArrayLike,
        candidates: Mapping[str, Mapping[str, float]] | None = None,
    ) -> bool:
        """Store an image's embedding, float32 ``[D]``, and by arm the features of all that could be shown of it.

        What was stored first for image and version stands.
        """
        row = {
            "image_id": image_id,
            "classifier_version": classifier_version,
            "vector": np.asarray(vector, dtype="<f4").tobytes(),
            "candidates": None if candidates is None else {arm: dict(found) for arm, found in candidates.items()},
        }
        with self.database.write() as connection:
            return _insert_once(connection, embeddings, row)

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

    def candidates(self) -> dict[tuple[str, str], dict[str, dict[str, float]]]:
        """Features by arm of every explanation that could be shown, by image id and classifier version."""
        query = select(embeddings.c.image_id, embeddings.c.classifier_version, embeddings.c.candidates)
        with self.database.read() as connection:
            rows = connection.execute(query.where(embeddings.c.candidates.is_not(None)))
            return {(row.image_id, row.classifier_version): row.candidates for row in rows}

    def _add(
        self,
        kind: str,
        impression_id: UUID,
        rater_id: str,
        session_id: str | None,
        *,
        revision: int = 0,
        value: int | None = None,
        reasons: Sequence[str] = (),
        text: str | None = None,
        lead_time_ms: int | None = None,
        detail: str = "",
    ) -> bool:
        row = {
            # The same act has the same id, however often and from wherever it arrives.
            "event_id": uuid5(impression_id, to_json([kind, rater_id, revision, detail])),
            "kind": kind,
            "impression_id": impression_id,
            "rater_id": rater_id,
            "revision": revision,
            "value": value,
            "reasons": list(reasons),
            "text": text,
            "lead_time_ms": lead_time_ms,
            "server_ts": datetime.now(UTC),
        }
        with self.database.write() as connection:
            shown_in = connection.scalar(
                select(impressions.c.session_id).where(impressions.c.impression_id == impression_id)
            )
            if shown_in is None:
                raise UnknownImpression(
                    f"Nothing was shown under the id {impression_id}; load a new image and answer that."
                )
            if kind == "retract" and not _has_vote(connection, impression_id, rater_id, revision):
                raise UnknownImpression(f"There is no vote of revision {revision} on {impression_id} to undo.")
            return _insert_once(connection, events, row | {"session_id": session_id or shown_in})


_THUMB_FIELDS = tuple(item.name for item in fields(Thumb))

_THUMBS = select(*(current_thumbs.c[name] for name in _THUMB_FIELDS)).order_by(current_thumbs.c.sequence)

_OF_THE_VOTE = {
    "rater_id": events.c.rater_id,
    "session_id": events.c.session_id,
    "sequence": events.c.sequence,
    "value": events.c.value,
    "reasons": events.c.reasons,
    "voted_at": events.c.server_ts,
}
"""What a thumb takes from the vote; the rest is the impression's."""

_HISTORY = (
    select(
        *(_OF_THE_VOTE[name].label(name) if name in _OF_THE_VOTE else impressions.c[name] for name in _THUMB_FIELDS),
        events.c.kind.label("act"),
        events.c.revision,
    )
    .join_from(events, impressions)
    .order_by(events.c.sequence)
)
"""Events with their impressions in the order of commits; a row begins with the fields of a thumb."""


def _about(query: Select[*tuple[Any, ...]], dataset: str | None, kinds: Iterable[Kind]) -> Select[*tuple[Any, ...]]:
    query = query.where(current_thumbs.c.kind.in_(tuple(kinds)))
    return query if dataset is None else query.where(current_thumbs.c.dataset == dataset)


def _histories_touched_since(sequence: int) -> Select[*tuple[Any, ...]]:
    """All votes and undoings about every explanation that somebody voted on, or undid a vote on, after ``sequence``."""
    recent, shown, sibling = events.alias(), impressions.alias(), impressions.alias()
    explanation = ("image_id", "arm", "kind", "classifier_version")
    acts = ("vote", "retract")
    touched = (
        select(*(shown.c[name] for name in explanation))
        .join_from(recent, shown, recent.c.impression_id == shown.c.impression_id)
        .where(recent.c.sequence > sequence, recent.c.kind.in_(acts))
        .distinct()
        .cte("touched")
    )
    same = and_(*(sibling.c[name] == touched.c[name] for name in explanation))
    siblings = select(sibling.c.impression_id).join_from(touched, sibling, same)
    return _HISTORY.where(events.c.impression_id.in_(siblings), events.c.kind.in_(acts))


def _number_of_images_seen(session_id: str) -> Select[*tuple[Any, ...]]:
    shown = select(impressions.c.image_id).where(impressions.c.session_id == session_id)
    answered = select(impressions.c.image_id).join_from(events, impressions).where(events.c.session_id == session_id)
    return select(func.count()).select_from(union(shown, answered).subquery())


def _has_vote(connection: Connection, impression_id: UUID, rater_id: str, revision: int) -> bool:
    query = select(events.c.sequence).where(
        events.c.impression_id == impression_id,
        events.c.rater_id == rater_id,
        events.c.revision == revision,
        events.c.kind == "vote",
    )
    return connection.scalar(query) is not None


def _insert_once(connection: Connection, table: Table, row: dict[str, Any]) -> bool:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(row).on_conflict_do_nothing().returning(*table.primary_key)
    return connection.execute(statement).first() is not None


def _plain(value: object) -> object:
    """SQLite would store a NumPy integer as a blob."""
    return value.item() if isinstance(value, np.generic) else value


def _thumb(row: Row[*tuple[Any, ...]]) -> Thumb:
    values = dict(zip(_THUMB_FIELDS, row, strict=False))
    values["features"] = values["features"] or {}
    values["reasons"] = tuple(values["reasons"])
    return Thumb(**values)


def _act(row: Row[*tuple[Any, ...]]) -> Act:
    explanation = (row.image_id, row.arm, row.kind, row.classifier_version)
    return Act(row.sequence, row.act, row.impression_id, row.rater_id, row.revision, explanation)
