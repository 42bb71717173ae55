import shutil
import zipfile

import pytest

from xai_core.errors import ClassifierUnavailable


def test_version_depends_on_the_weights_alone(copied):
    version = copied.version()
    assert len(version) == 16
    with zipfile.ZipFile(copied.keras) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}

    def write(**changed):
        with zipfile.ZipFile(copied.keras, "w") as archive:
            for name, content in (members | changed).items():
                archive.writestr(name, content)

    write(**{"metadata.json": b'{"date_saved": "another day"}'})
    assert copied.version() == version
    write(**{"model.weights.h5": members["model.weights.h5"][:-1] + b"!"})
    assert copied.version() != version


def test_input_shape_is_read_without_keras(tiny):
    assert tiny.input_shape() == (12, 10, 3)


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 cut off"])
def test_what_is_no_keras_file_is_named(copied, content):
    copied.keras.write_bytes(content)
    for read in (copied.version, copied.input_shape):
        with pytest.raises(ClassifierUnavailable, match=r"tiny\.keras"):
            read()


def test_truncated_keras_file_is_named(copied):
    copied.keras.write_bytes(copied.keras.read_bytes()[:-500])
    with pytest.raises(ClassifierUnavailable, match=r"tiny\.keras"):
        copied.version()


def test_flipped_byte_in_the_weights_is_noticed(copied):
    content = bytearray(copied.keras.read_bytes())
    with zipfile.ZipFile(copied.keras) as archive:
        start = archive.getinfo("model.weights.h5").header_offset + 4000
    content[start] ^= 0xFF
    copied.keras.write_bytes(content)
    with pytest.raises(ClassifierUnavailable, match=r"tiny\.keras"):
        copied.version()


def test_missing_file_says_where_to_put_it(copied):
    copied.keras.unlink()
    with pytest.raises(ClassifierUnavailable, match="put it there"):
        copied.version()


@pytest.mark.parametrize("content", ["", "{}", "[1, 2]", '{"class_names": 3}', '{"class_names": "ab"}', "not json"])
def test_broken_card_says_what_belongs_into_it(copied, content):
    copied.card_path.write_text(content)
    with pytest.raises(ClassifierUnavailable, match=r"tiny\.json.*class_names"):
        copied.card()


def test_card_of_a_users_model(copied):
    copied.card_path.write_text('{"class_names": ["x", "y"], "input_scale": 255}')
    card = copied.card()
    assert card.class_names == ("x", "y")
    assert card.input_scale == 255


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_a_card_of_any_unicode_encoding(copied, encoding):
    copied.card_path.write_text('{"class_names": ["Möwe", "Spatz"]}', encoding=encoding)
    assert copied.card().class_names == ("Möwe", "Spatz")


def test_a_card_that_says_what_the_answers_are(copied):
    copied.card_path.write_text('{"class_names": ["x", "y"], "answers": "scores", "output": 1}')
    card = copied.card()
    assert (card.answers, card.output) == ("scores", 1)
    stamp = copied.stamp()
    copied.card_path.write_text('{"class_names": ["x", "y"], "answers": "shares", "output": 1}')
    assert copied.stamp() != stamp
    copied.card_path.write_text('{"class_names": ["x", "y"], "answers": "logits"}')
    with pytest.raises(ClassifierUnavailable, match=r"logits.*probabilities, shares, scores"):
        copied.card()


def test_a_folder_in_place_of_the_file(copied):
    copied.keras.unlink()
    copied.keras.mkdir()
    with pytest.raises(ClassifierUnavailable, match=r"tiny\.keras"):
        copied.version()
    shutil.rmtree(copied.keras)
