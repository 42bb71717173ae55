"""YAML files that people write: read into a model, and every mistake told with its line and its field."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from xai_core.errors import BrokenFile

Model = TypeVar("Model", bound=BaseModel)
LARGEST = 1_000_000  # bytes


def read_yaml(path: Path, model: type[Model]) -> Model:
    """What ``path`` holds. Raises ``BrokenFile``, a line for each mistake: file, line, field, advice."""
    try:
        if path.stat().st_size > LARGEST:
            raise BrokenFile(f"{path.name} is larger than a megabyte; shorten it.")
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BrokenFile(f"{path.name} is not text in UTF-8; save it as such.") from error
    except OSError as error:
        raise BrokenFile(f"{path.name} cannot be read ({error.strerror}); check its name and rights.") from error
    return parse_yaml(text, model, path.name)


def parse_yaml(text: str, model: type[Model], name: str) -> Model:
    """The same for ``text`` that came from a file called ``name``."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        _require_distinct(root, name)
        data = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BrokenFile(f"{name}, line {line}: this is not YAML ({error.problem}).") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BrokenFile(f"{name} is not YAML ({error}).") from error
    try:
        return model.model_validate(data)
    except ValidationError as error:
        mistakes = error.errors()
        deepest = [one for one in mistakes if not any(_holds(one["loc"], other["loc"]) for other in mistakes)]
        raise BrokenFile("\n".join(_told(mistake, root, name) for mistake in deepest)) from error


def _holds(field: tuple[int | str, ...], other: tuple[int | str, ...]) -> bool:
    """Whether a mistake in ``other`` is one in ``field`` too, and says more."""
    return len(field) < len(other) and other[: len(field)] == field


def _told(mistake: Any, root: yaml.Node | None, name: str) -> str:  # noqa: ANN401
    keys = [key for key in mistake["loc"] if isinstance(key, int) or not str(key).startswith(("function-", "tagged-"))]
    field = "".join(f"[{key + 1}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")
    message = str(mistake["msg"]).removeprefix("Value error, ")
    return f"{name}, line {_line(root, keys)}, {field or 'the whole file'}: {message}."


def _line(node: yaml.Node | None, keys: list[int | str]) -> int:
    """The line, from 1, of the last of ``keys`` that is there."""
    line = node.start_mark.line + 1 if node is not None else 1
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            found = next(((name, value) for name, value in node.value if name.value == str(key)), None)
            if found is None:
                return line
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def _require_distinct(node: yaml.Node | None, name: str) -> None:
    """YAML itself would take the last of two fields of the same name, and say nothing."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise BrokenFile(f"{name}, line {key.start_mark.line + 1}, {key.value}: this stands here twice.")
            seen.add(key.value)
            _require_distinct(value, name)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _require_distinct(value, name)
