"""The revisions lead to the tables that the program knows, on both engines and from several processes at once."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from db import migrations
from db.engine import Database
from db.schema import current_thumbs, events, metadata


def test_an_upgrade_from_nothing_gives_the_schema(database):
    with database.write() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        command.check(migrations.configuration(connection))


def test_the_program_knows_the_revisions_that_alembic_finds(database):
    with database.read() as connection:
        scripts = ScriptDirectory.from_config(migrations.configuration(connection))
        assert migrations.revision_of(connection) == scripts.get_current_head() == migrations.REVISIONS[-1]
    assert {script.revision for script in scripts.walk_revisions()} == set(migrations.REVISIONS)


def test_the_view_has_the_columns_that_the_program_reads(database):
    with database.read() as connection:
        assert inspect(connection).get_view_names() == ["current_thumbs"]
        there = {column["name"] for column in inspect(connection).get_columns("current_thumbs")}
    assert {column.name for column in current_thumbs.columns} <= there


def test_constraints_hold_in_the_migrated_database(database):
    with database.read() as connection:
        found = {check["name"] for check in inspect(connection).get_check_constraints("events")}
        keys = {key["name"] for key in inspect(connection).get_foreign_keys("events")}
    assert found == {
        constraint.name for constraint in events.constraints if str(constraint.name).startswith("ck_events_")
    }
    assert keys == {
        f"fk_events_{one}" for one in ("impression_id_impressions", "study_code_studies", "assignment_id_assignments")
    }


def test_opening_again_changes_nothing(url, database, feedback, make_impression):
    feedback.show(make_impression())
    again = Database.open(url)
    with again.read() as connection:
        assert migrations.revision_of(connection) is not None
        assert connection.exec_driver_sql("SELECT count(*) FROM impressions").scalar() == 1
    again.close()


def test_four_processes_open_an_empty_database_at_once(url, start_python):
    program = """
import sys
from db.engine import Database
from db.feedback import Feedback
print(Feedback(Database.open(sys.argv[1])).counts())
"""
    processes = [start_python(program, url) for _ in range(4)]
    for process in processes:
        output, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
        assert output == "Counts(thumbs=0, raters=0, images=0)\n"
