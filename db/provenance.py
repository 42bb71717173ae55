"""What an export needs to be told besides its tables: which classifiers and which studies it is about."""

from sqlalchemy import select

from db.engine import Database
from db.schema import impressions, study_versions
from db.study_records import StudyVersion


def classifiers_shown(database: Database) -> list[str]:
    """Names of all classifiers whose explanations were shown."""
    with database.read() as connection:
        return list(connection.scalars(select(impressions.c.classifier).distinct().order_by(impressions.c.classifier)))


def study_configurations(database: Database) -> list[StudyVersion]:
    """Every version of every study."""
    query = select(study_versions).order_by(study_versions.c.study_code, study_versions.c.version)
    with database.read() as connection:
        return [StudyVersion(*row) for row in connection.execute(query)]
