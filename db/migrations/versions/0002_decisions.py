"""Decisions with their candidates, tags as events, and how an explanation was drawn

Candidates move from the embeddings, where the first write won, to a decision for every first-shown explanation of old;
of these only the propensity of what was shown is known. Comments that are nothing but tags become tags; they keep
their place in the log. Candidates of images of which nothing was shown are dropped: nobody can have judged them.

Revision ID: 0002
Revises: 0001
"""

from typing import Any
from uuid import uuid5

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Of each rater and explanation the latest vote that was not undone, with the latest tags given to it.
CURRENT_THUMBS = """
CREATE VIEW current_thumbs AS
SELECT vote.sequence, vote.impression_id, vote.rater_id, vote.session_id, vote.revision, vote.value,
       coalesce((
           SELECT later.reasons FROM events AS later
           WHERE later.kind = 'reasons' AND later.impression_id = vote.impression_id
             AND later.rater_id = vote.rater_id AND later.revision = vote.revision
           ORDER BY later.sequence DESC LIMIT 1
       ), vote.reasons) AS reasons,
       vote.lead_time_ms, vote.server_ts AS voted_at,
       shown.kind, shown.image_id, shown.dataset, shown.split, shown.image_index, shown.classifier,
       shown.classifier_version, shown.precision, shown.arm, shown.settings, shown.seed, shown.position, shown.policy,
       shown.policy_version, shown.propensity, shown.features, shown.prediction, shown.truth, shown.confidence,
       shown.margin, shown.shown_at, shown.app_version, shown.decision_id, shown.view, shown.quality
FROM events AS vote
JOIN impressions AS shown ON shown.impression_id = vote.impression_id
WHERE vote.sequence IN (
    SELECT max(one.sequence)
    FROM events AS one
    JOIN impressions AS about ON about.impression_id = one.impression_id
    WHERE one.kind = 'vote' AND NOT EXISTS (
        SELECT 1 FROM events AS undo
        WHERE undo.kind = 'retract' AND undo.impression_id = one.impression_id
          AND undo.rater_id = one.rater_id AND undo.revision = one.revision
    )
    GROUP BY one.rater_id, about.image_id, about.arm, about.kind, about.classifier_version
)
"""

KINDS = "lime, fused, attribution, attributes, prototypes, near-hits, near-misses"
EVENT_KINDS = "vote, retract, reasons, skip, comment, erasure"
RANKED_KINDS = ("lime", "fused")
TAGS = {"misses the object", "marks the background", "too coarse", "too fine", "confusing"}

DECISIONS: tuple[sa.Column[Any], ...] = (
    sa.Column("decision_id", sa.Uuid(), nullable=False, comment="identifies one order of explanations that was drawn"),
    sa.Column("image_id", sa.String(length=128), nullable=False, comment="hash of the image's pixels"),
    sa.Column("dataset", sa.String(length=128), nullable=False, comment="name of the data set"),
    sa.Column(
        "classifier_version", sa.String(length=128), nullable=False, comment="hash of the classifier's weights"
    ),
    sa.Column("rater_id", sa.String(length=128), nullable=False, comment="pseudonym of the person it was drawn for"),
    sa.Column("session_id", sa.String(length=128), nullable=False, comment="visit during which it was drawn"),
    sa.Column("policy", sa.String(length=64), nullable=False, comment="what drew the order"),
    sa.Column("policy_version", sa.String(length=128), nullable=False, comment="version of the policy's model"),
    sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False, comment="when it was drawn, UTC"),
    sa.Column(
        "candidates",
        sa.JSON(),
        nullable=False,
        comment="every explanation that could be shown: arm, features, propensity of being first (null in old rows)",
    ),
    sa.Column("arms", sa.JSON(), nullable=False, comment="arms in the order drawn"),
    sa.Column(
        "explored",
        sa.Boolean(),
        nullable=True,
        comment="whether the order is not the policy's best guess; empty in old rows",
    ),
)

decisions = sa.table("decisions", *(sa.column(c.name, c.type) for c in DECISIONS))
embeddings = sa.table(
    "embeddings",
    sa.column("image_id"),
    sa.column("classifier_version"),
    sa.column("candidates", sa.JSON(none_as_null=True)),
)
impressions = sa.table(
    "impressions",
    sa.column("impression_id", sa.Uuid()),
    sa.column("decision_id", sa.Uuid()),
    sa.column("shown_at", sa.DateTime(timezone=True)),
    *map(
        sa.column,
        (
            "kind image_id dataset classifier_version arm position policy policy_version propensity rater_id session_id"
        ).split(),
    ),
)
events = sa.table(
    "events",
    sa.column("impression_id", sa.Uuid()),
    sa.column("reasons", sa.JSON()),
    *map(sa.column, ("sequence", "kind", "rater_id", "revision", "text")),
)


def upgrade() -> None:
    op.execute("DROP VIEW current_thumbs")
    op.create_table("decisions", *DECISIONS, sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_decisions")))
    op.create_index(op.f("ix_decisions_rater_id"), "decisions", ["rater_id"])
    alter_impressions()
    alter_events()
    connection = op.get_bind()
    carry_candidates(connection)
    carry_tags(connection)
    with op.batch_alter_table("embeddings") as table:
        table.drop_column("candidates")
    op.execute(CURRENT_THUMBS)


def alter_impressions() -> None:
    with op.batch_alter_table("impressions") as table:
        table.add_column(
            sa.Column(
                "decision_id",
                sa.Uuid(),
                nullable=True,
                comment="the decision that put it there; empty where no order was drawn",
            )
        )
        table.add_column(
            sa.Column(
                "view",
                sa.JSON(none_as_null=True),
                nullable=True,
                comment="how it was drawn: style, palette, opacity, runner-up",
            )
        )
        table.add_column(
            sa.Column(
                "quality",
                sa.JSON(none_as_null=True),
                nullable=True,
                comment="metrics of the explanation; empty where not computed",
            )
        )
        table.create_foreign_key(
            op.f("fk_impressions_decision_id_decisions"), "decisions", ["decision_id"], ["decision_id"]
        )
        table.alter_column(
            "kind",
            existing_type=sa.String(length=32),
            existing_nullable=False,
            existing_comment="lime, fused, prototypes, near-hits or near-misses",
            comment=f"family of the explanation: {KINDS}",
        )
        table.drop_constraint(op.f("ck_impressions_kind"), type_="check")
        table.create_check_constraint(op.f("ck_impressions_kind"), one_of("kind", KINDS))
        table.create_index(op.f("ix_impressions_rater_id"), ["rater_id"])
        table.create_index(op.f("ix_impressions_decision_id"), ["decision_id"])


def alter_events() -> None:
    with op.batch_alter_table("events", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.alter_column(
            "kind",
            existing_type=sa.String(length=16),
            existing_nullable=False,
            existing_comment="vote, retract, skip or comment",
            comment=EVENT_KINDS,
        )
        table.alter_column(
            "impression_id",
            existing_type=sa.Uuid(),
            existing_comment="the impression it answers",
            nullable=True,
            comment="the impression it answers; empty for an erasure",
        )
        table.alter_column(
            "reasons",
            existing_type=sa.JSON(),
            existing_nullable=False,
            existing_comment="tags given with the answer",
            comment="tags: of a vote or skip those given with it, of reasons all that are in force from then on",
        )
        table.drop_constraint(op.f("ck_events_kind"), type_="check")
        table.create_check_constraint(op.f("ck_events_kind"), one_of("kind", EVENT_KINDS))
        table.create_check_constraint(
            op.f("ck_events_only_erasures_have_no_impression"), "(kind = 'erasure') = (impression_id IS NULL)"
        )


def one_of(name: str, values: str) -> str:
    return f"{name} IN ({', '.join(map(repr, values.split(', ')))})"


def carry_candidates(connection: sa.Connection) -> None:
    stored = sa.select(embeddings).where(embeddings.c.candidates.is_not(None))
    keys = connection.execute(stored.with_only_columns(embeddings.c.image_id, embeddings.c.classifier_version)).all()
    for image_id, classifier_version in keys:  # one at a time: all candidates together may not fit into memory
        of_image = (embeddings.c.image_id == image_id, embeddings.c.classifier_version == classifier_version)
        offered = connection.execute(stored.where(*of_image)).one().candidates
        for order in orders(connection, image_id, classifier_version):
            identity = uuid5(order[0].impression_id, "decision")
            connection.execute(decisions.insert().values(decision_id=identity, **decision(order, offered)))
            shown = [one.impression_id for one in order]
            connection.execute(
                impressions.update().where(impressions.c.impression_id.in_(shown)).values(decision_id=identity)
            )


def orders(connection: sa.Connection, image_id: str, classifier_version: str) -> list[list[sa.Row[Any]]]:
    """What was shown of an image, first to last, of every time that somebody opened it."""
    shown = connection.execute(
        sa.select(impressions)
        .where(
            impressions.c.image_id == image_id,
            impressions.c.classifier_version == classifier_version,
            impressions.c.kind.in_(RANKED_KINDS),
        )
        .order_by(impressions.c.shown_at, impressions.c.position)
    ).all()
    found: list[list[sa.Row[Any]]] = []
    open_in: dict[tuple[str, str], list[sa.Row[Any]]] = {}
    for one in shown:
        visit = (one.rater_id, one.session_id)
        if one.position == 0:
            open_in[visit] = []
            found.append(open_in[visit])
        if visit in open_in:
            open_in[visit].append(one)
    return found


def decision(order: list[sa.Row[Any]], offered: dict[str, dict[str, float]]) -> dict[str, object]:
    first = order[0]
    names = dict.fromkeys(name for features in offered.values() for name in features)
    return {
        "image_id": first.image_id,
        "dataset": first.dataset,
        "classifier_version": first.classifier_version,
        "rater_id": first.rater_id,
        "session_id": first.session_id,
        "policy": first.policy,
        "policy_version": first.policy_version,
        "drawn_at": first.shown_at,
        "candidates": {
            "arms": list(offered),
            "propensities": [first.propensity if arm == first.arm else None for arm in offered],
            "features": {name: [features.get(name) for features in offered.values()] for name in names},
        },
        "arms": [one.arm for one in order],
        "explored": None,
    }


def carry_tags(connection: sa.Connection) -> None:
    comments = connection.execute(sa.select(events).where(events.c.kind == "comment")).all()
    for comment in comments:
        tags = comment.text.split(", ")
        if set(tags) <= TAGS and len(set(tags)) == len(tags):
            vote = sa.select(sa.func.max(events.c.sequence)).where(
                events.c.kind == "vote",
                events.c.impression_id == comment.impression_id,
                events.c.rater_id == comment.rater_id,
                events.c.sequence < comment.sequence,
            )
            revision = connection.scalar(sa.select(events.c.revision).where(events.c.sequence == vote.scalar_subquery()))
            if revision is not None:
                connection.execute(
                    events.update()
                    .where(events.c.sequence == comment.sequence)
                    .values(kind="reasons", reasons=tags, text=None, revision=revision)
                )
