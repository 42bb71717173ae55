"""What DATABASE_URL means, and what is said where it means nothing: never a part of a password."""

import traceback
from pathlib import Path

import pytest

from db.address import backend_of
from db.engine import Database
from db.errors import StorageUnavailable
from db.postgres import PostgresBackend
from db.sqlite import SqliteBackend


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_means_psycopg_3(scheme):
    backend = backend_of(f"{scheme}://ann:s3cret@db.example.org:5433/votes?sslmode=require")
    assert isinstance(backend, PostgresBackend)
    assert backend.url.drivername == "postgresql+psycopg"
    assert (backend.url.password, backend.url.port, backend.url.query["sslmode"]) == ("s3cret", 5433, "require")
    assert "s3cret" not in str(backend)


def test_sqlite_paths_become_absolute():
    assert backend_of("sqlite:///data/feedback.db") == SqliteBackend(Path.cwd() / "data" / "feedback.db")
    assert backend_of("sqlite:////srv/feedback.db") == SqliteBackend(Path("/srv/feedback.db"))
    assert backend_of("sqlite:////srv/ann@home/a@b.db") == SqliteBackend(Path("/srv/ann@home/a@b.db"))


@pytest.mark.parametrize("space", ["\n", "\r\n", " ", "\t"])
def test_white_space_around_an_address_means_nothing(space):
    assert backend_of(f"{space}sqlite:////srv/feedback.db{space}") == SqliteBackend(Path("/srv/feedback.db"))
    backend = backend_of(f"postgresql://ann:s3cret@host/votes{space}")
    assert isinstance(backend, PostgresBackend)
    assert backend.url.database == "votes"


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("", "not a database address"),
        ("feedback.db", "not a database address"),
        ("postgresql://host:port/name", "not a database address"),
        ("mysql://host/name", "mysql"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
    ],
)
def test_other_addresses_are_refused_in_one_sentence(url, named):
    with pytest.raises(StorageUnavailable, match=named):
        Database.open(url)


@pytest.mark.parametrize(
    "password", ["blue@Whale77", "@lpha", "p@ss@word!", "b?l@ue", "b@l?ue", "b@l/ue", "@", "a@b:c", "b@lue#1"]
)
def test_an_at_sign_in_a_password_is_told_and_the_password_is_not(password):
    for scheme in ("postgres", "postgresql"):
        with pytest.raises(StorageUnavailable, match="more than one @; write each one of user and password as %40"):
            backend_of(f"{scheme}://ann:{password}@db.example.org/votes")


@pytest.mark.parametrize(
    ("written", "meant"),
    [("blue%40Whale", "blue@Whale"), ("50%off", "50%off"), ("a%25b", "a%b"), ("a:b/c?d#e", "a:b/c?d#e")],
)
def test_other_marks_in_a_password_mean_themselves(written, meant):
    backend = backend_of(f"postgresql://ann:{written}@host/votes")
    assert isinstance(backend, PostgresBackend)
    assert (backend.url.password, backend.url.host, backend.url.database) == (meant, "host", "votes")
    assert meant not in str(backend)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("pgbouncer=true", "option pgbouncer"),
        ("schema=public", "option schema"),
        ("ssl=true", "option ssl, .* remove it or write sslmode=require"),
        ("sslmode=require&statement_cache_mode=describe", "option statement_cache_mode"),
        ("S3cret!=1", "has the option option"),
        ("sslmode=enabled", "correct sslmode"),
        ("connect_timeout=soon", "correct connect_timeout"),
        ("port=abc", "ports that cannot be"),
        ("sslmode=disable", "cannot be reached; check that the server runs"),
    ],
)
def test_options_that_nobody_knows_are_named(query, named):
    with pytest.raises(StorageUnavailable, match=named) as caught:
        Database.open(f"postgresql://ann:s3cret@127.0.0.1:1/votes?{query}")
    assert "s3cret" not in str(caught.value).lower()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:s3cret",  # taken for a port
        "postgresql://ann:s3cret/votes",
        "postgresql://ann:x@s3cret@host/votes",
        "postgres://ann:s3cret@127.0.0.1:1/votes?password=s3cret",
        "postgres://ann:s3cret@127.0.0.1:port/votes",
    ],
)
def test_not_even_a_traceback_holds_the_password(url):
    with pytest.raises(StorageUnavailable) as caught:
        Database.open(url)
    assert "s3cret" not in str(caught.value)
    trace = "".join(traceback.format_exception(caught.value))
    assert "s3cret" not in trace.replace(url, "")
