"""Reading a study file: every error names its line and its field."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml
from pydantic import ValidationError

from studio.studies.configuration import Study, Where, problems
from xai_core.errors import InvalidInput
from xai_core.paths import IMPORT_ROOT

LARGEST = 1_000_000  # bytes
EXAMPLE = IMPORT_ROOT / "docs" / "study.example.yaml"


class StudyFileError(InvalidInput):
    """A study file that cannot be used; the message has a line for each error."""


def read_study(path: Path) -> Study:
    """The study in a YAML file. Raises ``StudyFileError``; ``OSError`` where the file cannot be read."""
    return parse_study(path.read_bytes(), path.name)


def parse_study(content: bytes, name: str) -> Study:
    """The study in the bytes of a YAML file that errors call ``name``. Raises ``StudyFileError``."""
    if len(content) > LARGEST:
        raise StudyFileError(f"{name} is larger than {LARGEST} bytes; a study file holds no data.")
    try:
        root = yaml.compose(content.decode("utf-8"), Loader=yaml.SafeLoader)
        values = yaml.safe_load(content) if root is not None else None
    except UnicodeDecodeError as error:
        raise StudyFileError(f"{name}: byte {error.start} is not UTF-8; save the file as UTF-8.") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise StudyFileError(f"{name}, line {line}: {error.problem}.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # as of characters that YAML does not know
        raise StudyFileError(f"{name} is not YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(root, yaml.MappingNode):
        raise StudyFileError(f"{name}, line 1: a study file has one field a line, such as “code: my-study”.")
    lines = dict(_lines(root, ()))
    found = [(where, "is there twice") for where in _doubles(root, ())]
    try:
        study = Study.model_validate(values)
    except ValidationError as error:
        wrong = [(_known(entry["loc"], lines), _message(entry["type"], entry["msg"])) for entry in error.errors()]
        # of several ways to write a field, what is wrong with the one that was chosen says more
        found += [(at, what) for at, what in wrong if not any(at == other[: len(at)] != other for other, _ in wrong)]
    else:
        found += problems(study)
        if not found:
            return study
    told = dict.fromkeys(_told(name, where, problem, lines) for where, problem in found)
    raise StudyFileError("\n".join(told))


def _lines(node: yaml.Node, where: Where) -> Iterator[tuple[Where, int]]:
    """Every place in the file with its line, from 1."""
    yield where, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*where, str(key.value))
            yield from ((place, line) for place, line in _lines(value, inner) if place != inner)
            yield inner, key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for at, value in enumerate(node.value):
            yield from _lines(value, (*where, at))


def _doubles(node: yaml.Node, where: Where) -> Iterator[Where]:
    """Fields that are given twice, of which YAML would silently take the last."""
    if isinstance(node, yaml.MappingNode):
        names = [str(key.value) for key, _ in node.value]
        yield from ((*where, name) for name in dict.fromkeys(names) if names.count(name) > 1)
        for key, value in node.value:
            yield from _doubles(value, (*where, str(key.value)))
    elif isinstance(node, yaml.SequenceNode):
        for at, value in enumerate(node.value):
            yield from _doubles(value, (*where, at))


def _known(where: Where, lines: dict[Where, int]) -> Where:
    """The place without the names of alternatives that the checker puts in between."""
    kept: Where = ()
    for part in where:
        if (*kept, part) in lines:
            kept = (*kept, part)
    last = where[-1]
    return kept if kept and (kept[-1] == last or not _is_field(last)) else (*kept, last)


def _is_field(part: str | int) -> bool:
    return isinstance(part, str) and part.isidentifier() and part not in ("int", "tuple", "constrained")


def _message(kind: str, message: str) -> str:
    return {"missing": "is missing", "extra_forbidden": "is no field of a study"}.get(kind, message)


def _told(name: str, where: Where, problem: str, lines: dict[Where, int]) -> str:
    place = where
    while place not in lines:
        place = place[:-1]
    field = ".".join(str(part + 1) if isinstance(part, int) else part for part in where)
    return f"{name}, line {lines[place]}, {field or 'file'}: {problem}."
