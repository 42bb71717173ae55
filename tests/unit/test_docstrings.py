"""Docstrings of the library have numpydoc sections that match the code, as scikit-learn's test demands."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
from numpydoc.docscrape import NumpyDocString
from numpydoc.validate import validate

DOCS = Path(__file__).resolve().parents[2] / "docs" / "library"
PACKAGES = (
    "xai_core",
    "xai_core.attributes",
    "xai_core.attribution",
    "xai_core.classifiers",
    "xai_core.datasets",
    "xai_core.examples",
    "xai_core.quality",
    "xai_core.ranking",
)
MODULES = (
    "xai_core.arms",
    "xai_core.case",
    "xai_core.colours",
    "xai_core.explanation",
    "xai_core.findings",
    "xai_core.fusion",
    "xai_core.lime.settings",
    "xai_core.numerics",
    "xai_core.overlay",
    "xai_core.precompute",
    "xai_core.sampling",
)
METHODS = (
    "xai_core.examples.comparators",
    "xai_core.examples.difference",
    "xai_core.examples.distances",
    "xai_core.examples.evaluation",
    "xai_core.examples.feature_map",
    "xai_core.examples.kernels",
    "xai_core.examples.ssim",
    "xai_core.examples.summary",
    "xai_core.lime.hiding",
    "xai_core.lime.inputs",
    "xai_core.lime.kriging",
    "xai_core.lime.masks",
    "xai_core.lime.surrogate",
    "xai_core.quality.references",
    "xai_core.ranking.evaluation",
    "xai_core.ranking.events",
    "xai_core.ranking.history",
    "xai_core.ranking.off_policy",
    "xai_core.ranking.report",
)
"""Modules that the stable names rest on, for those who study the methods themselves."""

CHECKS = {
    "GL07": "sections out of order",
    "GL08": "no docstring",
    "SS01": "no summary",
    "SS02": "summary without capital letter",
    "SS03": "summary without full stop",
    "SS06": "summary of several lines",
    "PR01": "parameters not documented",
    "PR02": "unknown parameters",
    "PR03": "parameters out of order",
    "PR04": "parameter without type",
    "PR07": "parameter without description",
    "PR10": "no space before the colon",
    "RT01": "no Returns section",
    "RT03": "return value without description",
    "YD01": "no Yields section",
}


def public(module: str) -> Iterator[tuple[str, object]]:
    """Functions and classes of a package's ``__all__``, or defined in a module, by their full name."""
    loaded = import_module(module)
    names = getattr(loaded, "__all__", None)
    for name in names or [name for name in vars(loaded) if not name.startswith("_")]:
        value = getattr(loaded, name)
        if (inspect.isfunction(value) or inspect.isclass(value)) and (names or value.__module__ == module):
            yield f"{value.__module__}.{value.__qualname__}", value


def callables() -> dict[str, Callable[..., object]]:
    """Public functions of the library, and the public methods of its classes."""
    found: dict[str, Callable[..., object]] = {}
    for module in (*PACKAGES, *MODULES, *METHODS):
        for name, value in public(module):
            if inspect.isfunction(value):
                found[name] = value
            elif inspect.isclass(value):
                methods = {k: m for k, m in vars(value).items() if not k.startswith("_")}
                found |= {f"{name}.{k}": m for k, m in methods.items() if inspect.isfunction(m)}
    return found


CALLABLES = callables()


def raised(function: Callable[..., object]) -> set[str]:
    """Names of the errors that a function itself raises."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    raises = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and node.exc is not None]
    called = [node.func for node in raises if isinstance(node, ast.Call)]
    return {node.id for node in called if isinstance(node, ast.Name) and not node.id.startswith("_")}


def documented_errors(docstring: str) -> set[str]:
    """Names in the Raises section of a docstring."""
    return {entry.type for entry in NumpyDocString(docstring)["Raises"]}


def problems(name: str, function: Callable[..., object]) -> list[str]:
    """What is wrong with the docstring of a function."""
    found = [f"{code}: {text}" for code, text in validate(name)["errors"] if code in CHECKS]
    missing = raised(function) - documented_errors(inspect.getdoc(function) or "")
    return found + [f"{error} is raised, but in no Raises section" for error in sorted(missing)]


@pytest.mark.parametrize("name", CALLABLES)
def test_sections_match_the_code(name: str) -> None:
    assert problems(name, CALLABLES[name]) == []


def raises_a_secret(count: int) -> int:
    """Count.

    Parameters
    ----------
    number : int
        How many.
    """
    if count < 0:
        raise ValueError(count)
    return count


def test_a_wrong_section_is_noticed() -> None:
    found = problems(f"{__name__}.raises_a_secret", raises_a_secret)
    assert {problem.split(":")[0] for problem in found[:-1]} == {"PR01", "PR02", "RT01"}
    assert found[-1] == "ValueError is raised, but in no Raises section"


def test_every_stable_name_stands_in_the_documentation() -> None:
    pages = "\n".join(page.read_text() for page in DOCS.glob("*.md"))
    described = re.findall(r"^\.\. auto\w+:: (\S+)$", pages, re.MULTILINE)
    assert {
        name for name in (*PACKAGES, *MODULES, *METHODS) if not any(entry.startswith(name) for entry in described)
    } == set()
