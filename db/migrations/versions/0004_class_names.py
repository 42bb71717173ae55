"""Names of the classes, so that an export says what a prediction was; what is kept of an order

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BEFORE = "every explanation that could be shown: arm, features, propensity of being first (null in old rows)"


def upgrade() -> None:
    op.create_table(
        "classifiers",
        sa.Column(
            "classifier_version", sa.String(length=128), nullable=False, comment="hash of the classifier's weights"
        ),
        sa.Column(
            "class_names",
            sa.JSON(),
            nullable=False,
            comment="its classes: prediction and truth are places in this list",
        ),
        sa.PrimaryKeyConstraint("classifier_version", name=op.f("pk_classifiers")),
    )
    if op.get_bind().dialect.supports_comments:
        op.alter_column(
            "decisions",
            "candidates",
            existing_type=sa.JSON(),
            existing_nullable=False,
            existing_comment=BEFORE,
            comment=f"{BEFORE}; drawn: propensity of each of the arms at its place given those before (not in old rows)",
        )
