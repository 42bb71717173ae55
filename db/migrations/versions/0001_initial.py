"""What was shown, what people did about it, embeddings

Revision ID: 0001
Revises: nothing
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Of each rater and explanation the latest vote that was not undone.
CURRENT_THUMBS = """
CREATE VIEW current_thumbs AS
SELECT vote.sequence, vote.impression_id, vote.rater_id, vote.session_id, vote.revision, vote.value, vote.reasons,
       vote.lead_time_ms, vote.server_ts AS voted_at,
       shown.kind, shown.image_id, shown.dataset, shown.split, shown.image_index, shown.classifier,
       shown.classifier_version, shown.precision, shown.arm, shown.settings, shown.seed, shown.position, shown.policy,
       shown.policy_version, shown.propensity, shown.features, shown.prediction, shown.truth, shown.confidence,
       shown.margin, shown.shown_at, shown.app_version
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


def upgrade() -> None:
    op.create_table(
        "embeddings",
        sa.Column("image_id", sa.String(length=128), nullable=False, comment="hash of the image's pixels"),
        sa.Column(
            "classifier_version", sa.String(length=128), nullable=False, comment="hash of the classifier's weights"
        ),
        sa.Column("vector", sa.LargeBinary(), nullable=False, comment="little-endian float32"),
        sa.Column(
            "candidates",
            sa.JSON(none_as_null=True),
            nullable=True,
            comment="features of every explanation that could be shown, by arm",
        ),
        sa.PrimaryKeyConstraint("image_id", "classifier_version", name=op.f("pk_embeddings")),
    )
    op.create_table(
        "impressions",
        sa.Column("impression_id", sa.Uuid(), nullable=False, comment="identifies one showing of one explanation"),
        sa.Column(
            "kind", sa.String(length=32), nullable=False, comment="lime, fused, prototypes, near-hits or near-misses"
        ),
        sa.Column("image_id", sa.String(length=128), nullable=False, comment="hash of the image's pixels"),
        sa.Column("dataset", sa.String(length=128), nullable=False, comment="name of the data set"),
        sa.Column("split", sa.String(length=32), nullable=False, comment="train, test or upload"),
        sa.Column("image_index", sa.Integer(), nullable=False, comment="position in the split, from 0"),
        sa.Column("classifier", sa.String(length=128), nullable=False, comment="name of the classifier"),
        sa.Column(
            "classifier_version", sa.String(length=128), nullable=False, comment="hash of the classifier's weights"
        ),
        sa.Column(
            "precision", sa.String(length=32), nullable=False, comment="arithmetic of the classifier, e.g. float32"
        ),
        sa.Column(
            "arm",
            sa.String(length=128),
            nullable=False,
            comment="how the image was explained: segmenter, granularity, fused",
        ),
        sa.Column("settings", sa.JSON(), nullable=False, comment="all other settings of the explanation"),
        sa.Column("seed", sa.BigInteger(), nullable=False, comment="seed of the explanation"),
        sa.Column("position", sa.Integer(), nullable=False, comment="0 for the first explanation shown of the image"),
        sa.Column("policy", sa.String(length=64), nullable=False, comment="what chose the arm"),
        sa.Column("policy_version", sa.String(length=128), nullable=False, comment="version of the policy's model"),
        sa.Column(
            "propensity", sa.Float(), nullable=False, comment="probability with which the policy chose the arm, (0, 1]"
        ),
        sa.Column(
            "features",
            sa.JSON(none_as_null=True),
            nullable=True,
            comment="what the ranker knows about the explanation; empty in old rows",
        ),
        sa.Column("prediction", sa.Integer(), nullable=False, comment="index of the predicted class"),
        sa.Column("truth", sa.Integer(), nullable=True, comment="index of the true class; empty where nobody knows it"),
        sa.Column("confidence", sa.Float(), nullable=False, comment="probability of the predicted class, 0..1"),
        sa.Column(
            "margin", sa.Float(), nullable=False, comment="probability of the first class minus the second's, 0..1"
        ),
        sa.Column("rater_id", sa.String(length=128), nullable=False, comment="pseudonym of the person it was shown to"),
        sa.Column("session_id", sa.String(length=128), nullable=False, comment="visit during which it was shown"),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=False, comment="when it was shown, UTC"),
        sa.Column("app_version", sa.String(length=64), nullable=False, comment="version of this program"),
        sa.CheckConstraint(
            "kind IN ('lime', 'fused', 'prototypes', 'near-hits', 'near-misses')", name=op.f("ck_impressions_kind")
        ),
        sa.CheckConstraint("position >= 0", name=op.f("ck_impressions_position")),
        sa.CheckConstraint("propensity > 0 AND propensity <= 1", name=op.f("ck_impressions_propensity")),
        sa.PrimaryKeyConstraint("impression_id", name=op.f("pk_impressions")),
    )
    with op.batch_alter_table("impressions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_impressions_image_id_arm_kind_classifier_version"),
            ["image_id", "arm", "kind", "classifier_version"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_impressions_session_id"), ["session_id"], unique=False)

    op.create_table(
        "events",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="order of commits; gaps mean nothing",
        ),
        sa.Column("event_id", sa.Uuid(), nullable=False, comment="the same for every repetition of the same act"),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="vote, retract, skip or comment"),
        sa.Column("impression_id", sa.Uuid(), nullable=False, comment="the impression it answers"),
        sa.Column("rater_id", sa.String(length=128), nullable=False, comment="pseudonym of the person who answered"),
        sa.Column("session_id", sa.String(length=128), nullable=False, comment="visit during which they answered"),
        sa.Column("revision", sa.Integer(), nullable=False, comment="0 for a first vote, one more after each undo"),
        sa.Column("value", sa.SmallInteger(), nullable=True, comment="votes: 1 convincing, -1 not convincing"),
        sa.Column("reasons", sa.JSON(), nullable=False, comment="tags given with the answer"),
        sa.Column("text", sa.Text(), nullable=True, comment="comments: the words"),
        sa.Column("lead_time_ms", sa.Integer(), nullable=True, comment="milliseconds from showing to answering"),
        sa.Column("server_ts", sa.DateTime(timezone=True), nullable=False, comment="when the server stored it, UTC"),
        sa.CheckConstraint("(kind = 'comment') = (text IS NOT NULL)", name=op.f("ck_events_only_comments_have_text")),
        sa.CheckConstraint("(kind = 'vote') = (value IS NOT NULL)", name=op.f("ck_events_only_votes_have_values")),
        sa.CheckConstraint("kind IN ('vote', 'retract', 'skip', 'comment')", name=op.f("ck_events_kind")),
        sa.CheckConstraint("lead_time_ms >= 0", name=op.f("ck_events_lead_time_ms")),
        sa.CheckConstraint("revision >= 0", name=op.f("ck_events_revision")),
        sa.CheckConstraint("value IN (-1, 1)", name=op.f("ck_events_value")),
        sa.ForeignKeyConstraint(
            ["impression_id"], ["impressions.impression_id"], name=op.f("fk_events_impression_id_impressions")
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_events")),
        sa.UniqueConstraint("event_id", name=op.f("uq_events_event_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_events_impression_id_rater_id_revision_kind"),
            ["impression_id", "rater_id", "revision", "kind"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_events_session_id"), ["session_id"], unique=False)

    op.execute(CURRENT_THUMBS)
