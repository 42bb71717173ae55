"""Tables: what was drawn and shown, what people did about it, and what the classifiers made of the images.

Comments of columns are data: they become the codebook of an export and PostgreSQL's column descriptions.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    Uuid,
    column,
    table,
)

from db.payloads import CONDITIONS, ROLES
from db.records import EVENT_KINDS, KINDS


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC times on every engine: SQLite stores no time zone, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"A time without time zone cannot be stored: {value!r}.")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def one_of(name: str, values: Sequence[str]) -> CheckConstraint:
    """The rule that a column holds one of ``values``."""
    return CheckConstraint(f"{name} IN ({', '.join(map(repr, values))})", name=name)


decisions = Table(
    "decisions",
    metadata,
    Column("decision_id", Uuid, primary_key=True, comment="identifies one order of explanations that was drawn"),
    Column("image_id", String(128), nullable=False, comment="hash of the image's pixels"),
    Column("dataset", String(128), nullable=False, comment="name of the data set"),
    Column("classifier_version", String(128), nullable=False, comment="hash of the classifier's weights"),
    Column("rater_id", String(128), nullable=False, comment="pseudonym of the person it was drawn for"),
    Column("session_id", String(128), nullable=False, comment="visit during which it was drawn"),
    Column("policy", String(64), nullable=False, comment="what drew the order"),
    Column("policy_version", String(128), nullable=False, comment="version of the policy's model"),
    Column("drawn_at", UtcDateTime, nullable=False, comment="when it was drawn, UTC"),
    Column(
        "candidates",
        JSON,
        nullable=False,
        comment="every explanation that could be shown: arm, features, propensity of being first (null in old rows); "
        "drawn: propensity of each of the arms at its place given those before (not in old rows)",
    ),
    Column("arms", JSON, nullable=False, comment="arms in the order drawn"),
    Column("explored", Boolean, comment="whether the order is not the policy's best guess; empty in old rows"),
    Index(None, "rater_id"),
)

impressions = Table(
    "impressions",
    metadata,
    Column("impression_id", Uuid, primary_key=True, comment="identifies one showing of one explanation"),
    Column("kind", String(32), nullable=False, comment=f"family of the explanation: {', '.join(KINDS)}"),
    Column("image_id", String(128), nullable=False, comment="hash of the image's pixels"),
    Column("dataset", String(128), nullable=False, comment="name of the data set"),
    Column("split", String(32), nullable=False, comment="train, test or upload"),
    Column("image_index", Integer, nullable=False, comment="position in the split, from 0"),
    Column("classifier", String(128), nullable=False, comment="name of the classifier"),
    Column("classifier_version", String(128), nullable=False, comment="hash of the classifier's weights"),
    Column("precision", String(32), nullable=False, comment="arithmetic of the classifier, e.g. float32"),
    Column("arm", String(128), nullable=False, comment="how the image was explained: segmenter, granularity, fused"),
    Column("settings", JSON, nullable=False, comment="all other settings of the explanation"),
    Column("seed", BigInteger, nullable=False, comment="seed of the explanation"),
    Column("position", Integer, nullable=False, comment="0 for the first explanation shown of the image"),
    Column("policy", String(64), nullable=False, comment="what chose the arm"),
    Column("policy_version", String(128), nullable=False, comment="version of the policy's model"),
    Column("propensity", Float, nullable=False, comment="probability with which the policy chose the arm, (0, 1]"),
    Column(
        "features", JSON(none_as_null=True), comment="what the ranker knows about the explanation; empty in old rows"
    ),
    Column("prediction", Integer, nullable=False, comment="index of the predicted class"),
    Column("truth", Integer, comment="index of the true class; empty where nobody knows it"),
    Column("confidence", Float, nullable=False, comment="probability of the predicted class, 0..1"),
    Column("margin", Float, nullable=False, comment="probability of the first class minus the second's, 0..1"),
    Column("rater_id", String(128), nullable=False, comment="pseudonym of the person it was shown to"),
    Column("session_id", String(128), nullable=False, comment="visit during which it was shown"),
    Column("shown_at", UtcDateTime, nullable=False, comment="when it was shown, UTC"),
    Column("app_version", String(64), nullable=False, comment="version of this program"),
    Column(
        "decision_id",
        Uuid,
        ForeignKey("decisions.decision_id"),
        comment="the decision that put it there; empty where no order was drawn",
    ),
    Column("view", JSON(none_as_null=True), comment="how it was drawn: style, palette, opacity, runner-up"),
    Column("quality", JSON(none_as_null=True), comment="metrics of the explanation; empty where not computed"),
    one_of("kind", KINDS),
    CheckConstraint("propensity > 0 AND propensity <= 1", name="propensity"),
    CheckConstraint("position >= 0", name="position"),
    Index(None, "image_id", "arm", "kind", "classifier_version"),
    Index(None, "session_id"),
    Index(None, "rater_id"),
    Index(None, "decision_id"),
)

events = Table(
    "events",
    metadata,
    Column(
        "sequence",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
        comment="order of commits; gaps mean nothing",
    ),
    Column("event_id", Uuid, nullable=False, comment="the same for every repetition of the same act"),
    Column("kind", String(16), nullable=False, comment=", ".join(EVENT_KINDS)),
    Column(
        "impression_id",
        Uuid,
        ForeignKey("impressions.impression_id"),
        comment="the impression it answers; empty for an erasure and for what a study asks without an explanation",
    ),
    Column("rater_id", String(128), nullable=False, comment="pseudonym of the person who answered"),
    Column("session_id", String(128), nullable=False, comment="visit during which they answered"),
    Column("revision", Integer, nullable=False, comment="0 for a first vote, one more after each undo"),
    Column("value", SmallInteger, comment="votes: 1 convincing, -1 not convincing"),
    Column(
        "reasons",
        JSON,
        nullable=False,
        comment="tags: of a vote or skip those given with it, of reasons all that are in force from then on",
    ),
    Column("text", Text, comment="comments: the words"),
    Column("lead_time_ms", Integer, comment="milliseconds from showing to answering"),
    Column("server_ts", UtcDateTime, nullable=False, comment="when the server stored it, UTC"),
    Column("study_code", String(64), ForeignKey("studies.code"), comment="the study it belongs to; empty outside one"),
    Column("study_version", Integer, comment="version of the study that the participant entered"),
    Column(
        "assignment_id",
        Uuid,
        ForeignKey("assignments.assignment_id"),
        comment="the assignment it answers; empty outside a study and for its other steps",
    ),
    Column(
        "payload",
        JSON(none_as_null=True),
        comment="steps and answers in a study: an object of db.payloads, which its member task names",
    ),
    UniqueConstraint("event_id"),
    one_of("kind", EVENT_KINDS),
    CheckConstraint("impression_id IS NOT NULL OR kind IN ('erasure', 'task')", name="impression_of_answers"),
    CheckConstraint("impression_id IS NULL OR kind <> 'erasure'", name="no_impression_of_erasures"),
    CheckConstraint("payload IS NOT NULL OR kind <> 'task'", name="tasks_have_payloads"),
    CheckConstraint("payload IS NULL OR study_code IS NOT NULL", name="payloads_belong_to_studies"),
    CheckConstraint("(study_code IS NULL) = (study_version IS NULL)", name="study_version"),
    CheckConstraint("(kind = 'vote') = (value IS NOT NULL)", name="only_votes_have_values"),
    CheckConstraint("value IN (-1, 1)", name="value"),
    CheckConstraint("(kind = 'comment') = (text IS NOT NULL)", name="only_comments_have_text"),
    CheckConstraint("revision >= 0", name="revision"),
    CheckConstraint("lead_time_ms >= 0", name="lead_time_ms"),
    Index(None, "impression_id", "rater_id", "revision", "kind"),
    Index(None, "session_id"),
    Index(None, "study_code", "rater_id"),
    Index(None, "assignment_id"),
    sqlite_autoincrement=True,
)

studies = Table(
    "studies",
    metadata,
    Column("code", String(64), primary_key=True, comment="names the study in its link"),
    Column("created_at", UtcDateTime, nullable=False, comment="when its first version was stored, UTC"),
    Column("closed_at", UtcDateTime, comment="since when nobody new is admitted, UTC; empty while it runs"),
)

study_versions = Table(
    "study_versions",
    metadata,
    Column("study_code", String(64), ForeignKey("studies.code"), primary_key=True, comment="the study"),
    Column("version", Integer, primary_key=True, comment="1 for the first, one more for each change"),
    Column("configuration", JSON, nullable=False, comment="the study file with all defaults filled in"),
    Column("created_at", UtcDateTime, nullable=False, comment="when it was stored, UTC"),
    CheckConstraint("version >= 1", name="version"),
)

study_items = Table(
    "study_items",
    metadata,
    Column("item_id", Uuid, primary_key=True, comment="identifies an image in a role within a study"),
    Column("study_code", String(64), ForeignKey("studies.code"), nullable=False, comment="the study"),
    Column("role", String(16), nullable=False, comment=", ".join(ROLES)),
    Column("dataset", String(128), nullable=False, comment="name of the data set"),
    Column("split", String(32), nullable=False, comment="train or test"),
    Column("image_index", Integer, nullable=False, comment="position in the split, from 0"),
    Column("image_id", String(128), nullable=False, comment="hash of the image's pixels"),
    Column("expected", String(128), comment="the answer that passes a gold or attention item; empty where none is"),
    Column("added_in", Integer, nullable=False, comment="version of the study that brought it"),
    Column("dropped_in", Integer, comment="version from which nobody new gets it; empty while it is in use"),
    one_of("role", ROLES),
    Index(None, "study_code"),
)

participants = Table(
    "participants",
    metadata,
    Column("study_code", String(64), ForeignKey("studies.code"), primary_key=True, comment="the study"),
    Column("rater_id", String(128), primary_key=True, comment="pseudonym of the person: a keyed hash of their id"),
    Column("version", Integer, nullable=False, comment="version of the study that they entered and keep"),
    Column("condition", String(16), nullable=False, comment="explained, or control: no explanation is shown"),
    Column("joined_at", UtcDateTime, nullable=False, comment="when they gave their consent, UTC"),
    one_of("condition", CONDITIONS),
)

assignments = Table(
    "assignments",
    metadata,
    Column("assignment_id", Uuid, primary_key=True, comment="identifies one item for one participant"),
    Column("study_code", String(64), ForeignKey("studies.code"), nullable=False, comment="the study"),
    Column("item_id", Uuid, ForeignKey("study_items.item_id"), nullable=False, comment="the item"),
    Column("rater_id", String(128), nullable=False, comment="pseudonym of the participant"),
    Column("condition", String(16), nullable=False, comment="condition of the participant"),
    Column("repetition", Integer, nullable=False, comment="0 the first time that the participant gets the item"),
    Column("place", Integer, nullable=False, comment="order in which the participant gets the items"),
    Column("reserved_at", UtcDateTime, nullable=False, comment="when it was reserved, UTC"),
    Column("expires_at", UtcDateTime, nullable=False, comment="until when it is kept for the participant, UTC"),
    Column("done_at", UtcDateTime, comment="when it was answered, UTC; empty until then"),
    UniqueConstraint("item_id", "rater_id", "repetition"),
    CheckConstraint("repetition >= 0", name="repetition"),
    one_of("condition", CONDITIONS),
    Index(None, "study_code", "rater_id"),
)

embeddings = Table(
    "embeddings",
    metadata,
    Column("image_id", String(128), primary_key=True, comment="hash of the image's pixels"),
    Column("classifier_version", String(128), primary_key=True, comment="hash of the classifier's weights"),
    Column("vector", LargeBinary, nullable=False, comment="little-endian float32"),
)

classifiers = Table(
    "classifiers",
    metadata,
    Column("classifier_version", String(128), primary_key=True, comment="hash of the classifier's weights"),
    Column("class_names", JSON, nullable=False, comment="its classes: prediction and truth are places in this list"),
)

current_thumbs = table(
    "current_thumbs",
    *(column(name, events.c[name].type) for name in ("sequence", "rater_id", "session_id", "value", "reasons")),
    column("voted_at", UtcDateTime),
    *(column(item.name, item.type) for item in impressions.c if item.name not in ("rater_id", "session_id")),
)
"""The view of votes in force: per rater, image, arm, kind and classifier version the latest that was not undone.
Its reasons are the latest given."""
