"""Tables of rooms, their rounds, who is in them and what they answer; and who has signed in to a role."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    Uuid,
)

from db.room_records import PHASES, STAGES
from db.schema import UtcDateTime, metadata, one_of

PRIVATE = "private"
"""Marks a table that is neither exported nor imported: else an import could hand out roles."""

rooms = Table(
    "rooms",
    metadata,
    Column("room_id", Uuid, primary_key=True, comment="identifies a room"),
    Column("code", String(6), nullable=False, comment="what people type to join"),
    Column("title", String(200), nullable=False, comment="what stands on the screen"),
    Column("opened_by", String(128), nullable=False, comment="pseudonym of the instructor who opened it"),
    Column("opened_at", UtcDateTime, nullable=False, comment="when it was opened, UTC"),
    Column("expires_at", UtcDateTime, nullable=False, comment="from when on nobody can answer, UTC"),
    Column("closed_at", UtcDateTime, comment="when the instructor closed it, UTC; empty while it is open"),
    Column("show_first_tally", Boolean, nullable=False, comment="whether the tally is shown before the second vote"),
    Column("into_ranking", Boolean, nullable=False, comment="whether votes teach the ranking from now on"),
    Column("revision", Integer, nullable=False, comment="grows with every change of the room"),
    Column("round_number", Integer, nullable=False, comment="the present question, from 0"),
    Column("phase", String(16), nullable=False, comment=", ".join(PHASES)),
    Column("paused", Boolean, nullable=False, comment="whether everything rests"),
    Column("locked", Boolean, nullable=False, comment="whether answers are refused"),
    Column("deadline", UtcDateTime, comment="until when answers are taken, UTC; empty without a countdown"),
    Column("seconds_left", Integer, comment="what is left of the countdown while the room is paused"),
    one_of("phase", PHASES),
    UniqueConstraint("code"),
)

room_rounds = Table(
    "room_rounds",
    metadata,
    Column("room_id", Uuid, ForeignKey("rooms.room_id"), primary_key=True, comment="the room"),
    Column("number", Integer, primary_key=True, comment="place of the question in the room, from 0"),
    Column("attempt", Integer, nullable=False, comment="0, and one more for each reset of the question"),
    Column("plan", JSON, nullable=False, comment="image, classifier, prediction, truth, question and what is shown"),
)

room_members = Table(
    "room_members",
    metadata,
    Column("room_id", Uuid, ForeignKey("rooms.room_id"), primary_key=True, comment="the room"),
    Column("rater_id", String(128), primary_key=True, comment="pseudonym of the person"),
    Column("number", Integer, nullable=False, comment="order of joining, from 1; names the person in results"),
    Column("joined_at", UtcDateTime, nullable=False, comment="when they joined, UTC"),
)

room_answers = Table(
    "room_answers",
    metadata,
    Column(
        "sequence",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
        comment="order of commits; gaps mean nothing",
    ),
    Column("answer_id", Uuid, nullable=False, comment="the same for every repetition of the same answer"),
    Column("room_id", Uuid, ForeignKey("rooms.room_id"), nullable=False, comment="the room"),
    Column("number", Integer, nullable=False, comment="the question"),
    Column("attempt", Integer, nullable=False, comment="of the question; those before its last reset do not count"),
    Column("stage", String(16), nullable=False, comment=", ".join(STAGES)),
    Column("rater_id", String(128), nullable=False, comment="pseudonym of the person who answered"),
    Column("revision", Integer, nullable=False, comment="0, and one more for each change of mind; the last counts"),
    Column("choice", SmallInteger, comment="class, option or thumb; empty for a place in the image"),
    Column("x", Float, comment="place in the image from the left, 0..1; empty for a choice"),
    Column("y", Float, comment="place in the image from the top, 0..1; empty for a choice"),
    Column("into_ranking", Boolean, nullable=False, comment="whether the room let it teach the ranking"),
    Column("answered_at", UtcDateTime, nullable=False, comment="when the server stored it, UTC"),
    UniqueConstraint("answer_id"),
    one_of("stage", STAGES),
    CheckConstraint("(choice IS NULL) = (x IS NOT NULL) AND (x IS NULL) = (y IS NULL)", name="choice_or_place"),
    CheckConstraint("x >= 0 AND x <= 1 AND y >= 0 AND y <= 1", name="place"),
    Index(None, "room_id", "number", "attempt", "stage", "rater_id"),
    Index(None, "rater_id"),
    sqlite_autoincrement=True,
)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("rater_id", String(128), primary_key=True, comment="pseudonym of the person"),
    Column("role", String(16), primary_key=True, comment="the role whose pass-phrase they gave"),
    Column("until", UtcDateTime, nullable=False, comment="when it ends, UTC"),
    info={PRIVATE: True},
)
