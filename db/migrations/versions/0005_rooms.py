"""Rooms of a class: their rounds, members and answers; and who has signed in to a role

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "rooms",
        sa.Column("room_id", sa.Uuid(), nullable=False, comment="identifies a room"),
        sa.Column("code", sa.String(length=6), nullable=False, comment="what people type to join"),
        sa.Column("title", sa.String(length=200), nullable=False, comment="what stands on the screen"),
        sa.Column(
            "opened_by", sa.String(length=128), nullable=False, comment="pseudonym of the instructor who opened it"
        ),
        sa.Column("opened_at", TIME, nullable=False, comment="when it was opened, UTC"),
        sa.Column("expires_at", TIME, nullable=False, comment="from when on nobody can answer, UTC"),
        sa.Column(
            "closed_at", TIME, nullable=True, comment="when the instructor closed it, UTC; empty while it is open"
        ),
        sa.Column(
            "show_first_tally",
            sa.Boolean(),
            nullable=False,
            comment="whether the tally is shown before the second vote",
        ),
        sa.Column("into_ranking", sa.Boolean(), nullable=False, comment="whether votes teach the ranking from now on"),
        sa.Column("revision", sa.Integer(), nullable=False, comment="grows with every change of the room"),
        sa.Column("round_number", sa.Integer(), nullable=False, comment="the present question, from 0"),
        sa.Column(
            "phase",
            sa.String(length=16),
            nullable=False,
            comment="lobby, guess, prediction, rate, tally, revote, result",
        ),
        sa.Column("paused", sa.Boolean(), nullable=False, comment="whether everything rests"),
        sa.Column("locked", sa.Boolean(), nullable=False, comment="whether answers are refused"),
        sa.Column(
            "deadline", TIME, nullable=True, comment="until when answers are taken, UTC; empty without a countdown"
        ),
        sa.Column(
            "seconds_left",
            sa.Integer(),
            nullable=True,
            comment="what is left of the countdown while the room is paused",
        ),
        sa.CheckConstraint(
            "phase IN ('lobby', 'guess', 'prediction', 'rate', 'tally', 'revote', 'result')",
            name=op.f("ck_rooms_phase"),
        ),
        sa.PrimaryKeyConstraint("room_id", name=op.f("pk_rooms")),
        sa.UniqueConstraint("code", name=op.f("uq_rooms_code")),
    )
    op.create_table(
        "sign_ins",
        sa.Column("rater_id", sa.String(length=128), nullable=False, comment="pseudonym of the person"),
        sa.Column("role", sa.String(length=16), nullable=False, comment="the role whose pass-phrase they gave"),
        sa.Column("until", TIME, nullable=False, comment="when it ends, UTC"),
        sa.PrimaryKeyConstraint("rater_id", "role", name=op.f("pk_sign_ins")),
    )
    op.create_table(
        "room_answers",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="order of commits; gaps mean nothing",
        ),
        sa.Column("answer_id", sa.Uuid(), nullable=False, comment="the same for every repetition of the same answer"),
        sa.Column("room_id", sa.Uuid(), nullable=False, comment="the room"),
        sa.Column("number", sa.Integer(), nullable=False, comment="the question"),
        sa.Column(
            "attempt", sa.Integer(), nullable=False, comment="of the question; those before its last reset do not count"
        ),
        sa.Column("stage", sa.String(length=16), nullable=False, comment="guess, rate, revote"),
        sa.Column("rater_id", sa.String(length=128), nullable=False, comment="pseudonym of the person who answered"),
        sa.Column(
            "revision", sa.Integer(), nullable=False, comment="0, and one more for each change of mind; the last counts"
        ),
        sa.Column(
            "choice", sa.SmallInteger(), nullable=True, comment="class, option or thumb; empty for a place in the image"
        ),
        sa.Column("x", sa.Float(), nullable=True, comment="place in the image from the left, 0..1; empty for a choice"),
        sa.Column("y", sa.Float(), nullable=True, comment="place in the image from the top, 0..1; empty for a choice"),
        sa.Column("into_ranking", sa.Boolean(), nullable=False, comment="whether the room let it teach the ranking"),
        sa.Column("answered_at", TIME, nullable=False, comment="when the server stored it, UTC"),
        sa.CheckConstraint("stage IN ('guess', 'rate', 'revote')", name=op.f("ck_room_answers_stage")),
        sa.CheckConstraint(
            "(choice IS NULL) = (x IS NOT NULL) AND (x IS NULL) = (y IS NULL)",
            name=op.f("ck_room_answers_choice_or_place"),
        ),
        sa.CheckConstraint("x >= 0 AND x <= 1 AND y >= 0 AND y <= 1", name=op.f("ck_room_answers_place")),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.room_id"], name=op.f("fk_room_answers_room_id_rooms")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_room_answers")),
        sa.UniqueConstraint("answer_id", name=op.f("uq_room_answers_answer_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_room_answers_rater_id"), "room_answers", ["rater_id"], unique=False)
    op.create_index(
        op.f("ix_room_answers_room_id_number_attempt_stage_rater_id"),
        "room_answers",
        ["room_id", "number", "attempt", "stage", "rater_id"],
        unique=False,
    )
    op.create_table(
        "room_members",
        sa.Column("room_id", sa.Uuid(), nullable=False, comment="the room"),
        sa.Column("rater_id", sa.String(length=128), nullable=False, comment="pseudonym of the person"),
        sa.Column(
            "number", sa.Integer(), nullable=False, comment="order of joining, from 1; names the person in results"
        ),
        sa.Column("joined_at", TIME, nullable=False, comment="when they joined, UTC"),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.room_id"], name=op.f("fk_room_members_room_id_rooms")),
        sa.PrimaryKeyConstraint("room_id", "rater_id", name=op.f("pk_room_members")),
    )
    op.create_table(
        "room_rounds",
        sa.Column("room_id", sa.Uuid(), nullable=False, comment="the room"),
        sa.Column("number", sa.Integer(), nullable=False, comment="place of the question in the room, from 0"),
        sa.Column("attempt", sa.Integer(), nullable=False, comment="0, and one more for each reset of the question"),
        sa.Column(
            "plan",
            sa.JSON(),
            nullable=False,
            comment="image, classifier, prediction, truth, question and what is shown",
        ),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.room_id"], name=op.f("fk_room_rounds_room_id_rooms")),
        sa.PrimaryKeyConstraint("room_id", "number", name=op.f("pk_room_rounds")),
    )
