"""Study files: what they may say, and errors that name line and field."""

from pathlib import Path

import pytest
import yaml

from studio.studies.files import LARGEST, StudyFileError, parse_study, read_study

ROOT = Path(__file__).resolve().parents[4]
LEAST = """code: digits
title: Digits
dataset: mnist
arms: [slic-medium, grid-7]
items: {sample: 10}
stop_after: 5
overlap: 3
consent: Do you agree?
"""


def errors(text: str | bytes) -> list[str]:
    with pytest.raises(StudyFileError) as raised:
        parse_study(text if isinstance(text, bytes) else text.encode(), "my.yaml")
    return str(raised.value).splitlines()


def test_the_least_file_has_defaults_for_all_else():
    study = parse_study(LEAST.encode(), "my.yaml")
    assert (study.task, study.policy, study.language, study.tries) == ("thumb", "random", "en", 2)
    assert study.shares == {"explained": 1}
    assert study.questionnaires == ("ess", "scs")


def test_the_example_of_the_documentation_is_a_study():
    assert read_study(ROOT / "docs" / "study.example.yaml").task == "pair"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("overlapp: 3", "my.yaml, line 9, overlapp: is no field of a study."),
        ("task: dance", "my.yaml, line 9, task: Input should be 'thumb', 'pair', 'simulation' or 'reliance'."),
        ("code: other", "my.yaml, line 9, code: is there twice."),
        ("control: 1", "my.yaml, line 9, control: without an explanation there is no thumb to give."),
        ("before: true", "my.yaml, line 9, before: before the explanation there is no thumb to give."),
        ("repeats: 6", "my.yaml, line 9, repeats: is more than stop_after."),
        ("gold: [{index: 3}]", "my.yaml, line 9, gold.1.answer: is needed here."),
        ("gold:\n- index: 3\n  answer: left", "my.yaml, line 11, gold.1.answer: is none of up, down."),
        ("minimum_seconds: -1", "my.yaml, line 9, minimum_seconds: Input should be greater than or equal to 0."),
        ("language: fr", "my.yaml, line 9, language: Input should be 'en' or 'de'."),
        ("questionnaires: [ess, ess]", "my.yaml, line 9, questionnaires: names one twice."),
        ("completion: {redirect: 'http://a.b'}", "my.yaml, line 9, completion.redirect: URL scheme should be 'https'."),
        ("completion: {code: '<b>'}", "my.yaml, line 9, completion.code: String should match pattern"),
        (
            "comprehension:\n- question: Why?\n  options: [a, b]\n  answer: c",
            "my.yaml, line 12, comprehension.1.answer: is none of the options.",
        ),
    ],
)
def test_an_error_names_line_and_field(change, told):
    (line,) = errors(LEAST + change)
    assert line.startswith(told)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("overlap: 3\n", "", "my.yaml, line 1, overlap: is missing."),
        ("{sample: 10}", "{}", "my.yaml, line 5, items: give either indices or a sample."),
        ("{sample: 10}", "{sample: 0}", "my.yaml, line 5, items.sample: Input should be greater than or equal to 1."),
        ("{sample: 10}", "{indices: []}", "my.yaml, line 5, items.indices: Tuple should have at least 1 item"),
        ("{sample: 10}", "{indices: [1, 1, 2, 3, 4, 5]}", "my.yaml, line 5, items.indices: names an image twice."),
        ("{sample: 10}", "{sample: 4}", "my.yaml, line 6, stop_after: is more than there are items."),
        ("grid-7", "grid-99", "my.yaml, line 4, arms.2: there is no arm 'grid-99'"),
        ("[slic-medium, grid-7]", "[]", "my.yaml, line 4, arms: Tuple should have at least 1 item"),
        ("code: digits", "code: <script>", "my.yaml, line 1, code: String should match pattern"),
        ("title: Digits", "task: pair\narms: [grid-7]", "my.yaml, line 1, title: is missing."),
    ],
)
def test_what_is_missing_or_cannot_be_is_named(old, new, told):
    assert any(line.startswith(told) for line in errors(LEAST.replace(old, new)))


def test_images_of_practice_and_gold_are_no_main_items():
    text = (
        LEAST.replace("{sample: 10}", "{indices: [1, 2, 3, 4, 5]}")
        + "practice: [{index: 5}]\ngold: [{index: 9, answer: up}]"
    )
    assert errors(text) == ["my.yaml, line 9, practice.1.index: image 5 is in use already."]


def test_all_errors_are_told_at_once():
    assert len(errors(LEAST.replace("digits", "d").replace("overlap: 3", "overlap: x") + "dance: 1")) == 3


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "my.yaml, line 1: a study file has one field a line"),
        (b"just words", "my.yaml, line 1: a study file has one field a line"),
        (b"a: [1\nb: 2", "my.yaml, line 2: expected"),
        (b"a: \xff", "my.yaml: byte 3 is not UTF-8"),
        (b"a: \x00", "my.yaml is not YAML: unacceptable character"),
        (b"a: !!python/object/apply:os.system [ls]", "my.yaml, line 1: could not determine a constructor"),
        (b"a" * (LARGEST + 1), "my.yaml is larger than"),
        (b"[" * 5000, "my.yaml"),
    ],
    ids=["empty", "words", "open", "latin", "zero", "code", "large", "deep"],
)
def test_what_is_no_study_file_is_a_sentence(content, told):
    (line,) = errors(content)
    assert line.startswith(told)


def test_both_languages_say_the_same_things():
    folder = ROOT / "studio" / "studies" / "texts"
    english, german = (yaml.safe_load((folder / f"{name}.yaml").read_text()) for name in ("en", "de"))

    def shape(value):
        if isinstance(value, dict):
            return {key: shape(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [shape(inner) for inner in value]
        return sorted(part.split("}")[0] for part in value.split("{")[1:])

    assert shape(english) == shape(german)
