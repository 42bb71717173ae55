"""Studies: configurations, items, participants, assignments, and their steps and answers in the log

Revision ID: 0003
Revises: 0002
"""

from importlib import import_module

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CURRENT_THUMBS = import_module("db.migrations.versions.0002_decisions").CURRENT_THUMBS
OLD_EVENT_KINDS = "vote, retract, reasons, skip, comment, erasure"
EVENT_KINDS = f"{OLD_EVENT_KINDS}, task"
ROLES, CONDITIONS = "practice, main, gold, attention", "explained, control"
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    make_studies()
    make_people()
    op.execute("DROP VIEW current_thumbs")
    alter_events()
    op.execute(CURRENT_THUMBS)


def make_studies() -> None:
    op.create_table(
        "studies",
        sa.Column("code", sa.String(length=64), nullable=False, comment="names the study in its link"),
        sa.Column("created_at", TIME, nullable=False, comment="when its first version was stored, UTC"),
        sa.Column(
            "closed_at", TIME, nullable=True, comment="since when nobody new is admitted, UTC; empty while it runs"
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_studies")),
    )
    op.create_table(
        "study_versions",
        sa.Column("study_code", sa.String(length=64), nullable=False, comment="the study"),
        sa.Column("version", sa.Integer(), nullable=False, comment="1 for the first, one more for each change"),
        sa.Column("configuration", sa.JSON(), nullable=False, comment="the study file with all defaults filled in"),
        sa.Column("created_at", TIME, nullable=False, comment="when it was stored, UTC"),
        sa.CheckConstraint("version >= 1", name=op.f("ck_study_versions_version")),
        sa.ForeignKeyConstraint(["study_code"], ["studies.code"], name=op.f("fk_study_versions_study_code_studies")),
        sa.PrimaryKeyConstraint("study_code", "version", name=op.f("pk_study_versions")),
    )
    op.create_table(
        "study_items",
        sa.Column("item_id", sa.Uuid(), nullable=False, comment="identifies an image in a role within a study"),
        sa.Column("study_code", sa.String(length=64), nullable=False, comment="the study"),
        sa.Column("role", sa.String(length=16), nullable=False, comment=ROLES),
        sa.Column("dataset", sa.String(length=128), nullable=False, comment="name of the data set"),
        sa.Column("split", sa.String(length=32), nullable=False, comment="train or test"),
        sa.Column("image_index", sa.Integer(), nullable=False, comment="position in the split, from 0"),
        sa.Column("image_id", sa.String(length=128), nullable=False, comment="hash of the image's pixels"),
        sa.Column(
            "expected",
            sa.String(length=128),
            nullable=True,
            comment="the answer that passes a gold or attention item; empty where none is",
        ),
        sa.Column("added_in", sa.Integer(), nullable=False, comment="version of the study that brought it"),
        sa.Column(
            "dropped_in",
            sa.Integer(),
            nullable=True,
            comment="version from which nobody new gets it; empty while it is in use",
        ),
        sa.CheckConstraint(one_of("role", ROLES), name=op.f("ck_study_items_role")),
        sa.ForeignKeyConstraint(["study_code"], ["studies.code"], name=op.f("fk_study_items_study_code_studies")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_study_items")),
    )
    op.create_index(op.f("ix_study_items_study_code"), "study_items", ["study_code"])


def make_people() -> None:
    op.create_table(
        "participants",
        sa.Column("study_code", sa.String(length=64), nullable=False, comment="the study"),
        sa.Column(
            "rater_id",
            sa.String(length=128),
            nullable=False,
            comment="pseudonym of the person: a keyed hash of their id",
        ),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="version of the study that they entered and keep"
        ),
        sa.Column(
            "condition",
            sa.String(length=16),
            nullable=False,
            comment="explained, or control: no explanation is shown",
        ),
        sa.Column("joined_at", TIME, nullable=False, comment="when they gave their consent, UTC"),
        sa.CheckConstraint(one_of("condition", CONDITIONS), name=op.f("ck_participants_condition")),
        sa.ForeignKeyConstraint(["study_code"], ["studies.code"], name=op.f("fk_participants_study_code_studies")),
        sa.PrimaryKeyConstraint("study_code", "rater_id", name=op.f("pk_participants")),
    )
    op.create_table(
        "assignments",
        sa.Column("assignment_id", sa.Uuid(), nullable=False, comment="identifies one item for one participant"),
        sa.Column("study_code", sa.String(length=64), nullable=False, comment="the study"),
        sa.Column("item_id", sa.Uuid(), nullable=False, comment="the item"),
        sa.Column("rater_id", sa.String(length=128), nullable=False, comment="pseudonym of the participant"),
        sa.Column("condition", sa.String(length=16), nullable=False, comment="condition of the participant"),
        sa.Column(
            "repetition",
            sa.Integer(),
            nullable=False,
            comment="0 the first time that the participant gets the item",
        ),
        sa.Column("place", sa.Integer(), nullable=False, comment="order in which the participant gets the items"),
        sa.Column("reserved_at", TIME, nullable=False, comment="when it was reserved, UTC"),
        sa.Column("expires_at", TIME, nullable=False, comment="until when it is kept for the participant, UTC"),
        sa.Column("done_at", TIME, nullable=True, comment="when it was answered, UTC; empty until then"),
        sa.CheckConstraint("repetition >= 0", name=op.f("ck_assignments_repetition")),
        sa.CheckConstraint(one_of("condition", CONDITIONS), name=op.f("ck_assignments_condition")),
        sa.ForeignKeyConstraint(["item_id"], ["study_items.item_id"], name=op.f("fk_assignments_item_id_study_items")),
        sa.ForeignKeyConstraint(["study_code"], ["studies.code"], name=op.f("fk_assignments_study_code_studies")),
        sa.PrimaryKeyConstraint("assignment_id", name=op.f("pk_assignments")),
        sa.UniqueConstraint(
            "item_id", "rater_id", "repetition", name=op.f("uq_assignments_item_id_rater_id_repetition")
        ),
    )
    op.create_index(op.f("ix_assignments_study_code_rater_id"), "assignments", ["study_code", "rater_id"])


def alter_events() -> None:
    with op.batch_alter_table("events", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.alter_column(
            "kind",
            existing_type=sa.String(length=16),
            existing_nullable=False,
            existing_comment=OLD_EVENT_KINDS,
            comment=EVENT_KINDS,
        )
        table.alter_column(
            "impression_id",
            existing_type=sa.Uuid(),
            existing_nullable=True,
            existing_comment="the impression it answers; empty for an erasure",
            comment="the impression it answers; empty for an erasure and for what a study asks without an explanation",
        )
        table.add_column(
            sa.Column(
                "study_code",
                sa.String(length=64),
                nullable=True,
                comment="the study it belongs to; empty outside one",
            )
        )
        table.add_column(
            sa.Column(
                "study_version",
                sa.Integer(),
                nullable=True,
                comment="version of the study that the participant entered",
            )
        )
        table.add_column(
            sa.Column(
                "assignment_id",
                sa.Uuid(),
                nullable=True,
                comment="the assignment it answers; empty outside a study and for its other steps",
            )
        )
        table.add_column(
            sa.Column(
                "payload",
                sa.JSON(none_as_null=True),
                nullable=True,
                comment="steps and answers in a study: an object of db.payloads, which its member task names",
            )
        )
        table.create_foreign_key(op.f("fk_events_study_code_studies"), "studies", ["study_code"], ["code"])
        table.create_foreign_key(
            op.f("fk_events_assignment_id_assignments"), "assignments", ["assignment_id"], ["assignment_id"]
        )
        table.drop_constraint(op.f("ck_events_kind"), type_="check")
        table.drop_constraint(op.f("ck_events_only_erasures_have_no_impression"), type_="check")
        table.create_check_constraint(op.f("ck_events_kind"), one_of("kind", EVENT_KINDS))
        for name, rule in (
            ("impression_of_answers", "impression_id IS NOT NULL OR kind IN ('erasure', 'task')"),
            ("no_impression_of_erasures", "impression_id IS NULL OR kind <> 'erasure'"),
            ("tasks_have_payloads", "payload IS NOT NULL OR kind <> 'task'"),
            ("payloads_belong_to_studies", "payload IS NULL OR study_code IS NOT NULL"),
            ("study_version", "(study_code IS NULL) = (study_version IS NULL)"),
        ):
            table.create_check_constraint(op.f(f"ck_events_{name}"), rule)
        table.create_index(op.f("ix_events_study_code_rater_id"), ["study_code", "rater_id"])
        table.create_index(op.f("ix_events_assignment_id"), ["assignment_id"])


def one_of(name: str, values: str) -> str:
    return f"{name} IN ({', '.join(map(repr, values.split(', ')))})"
