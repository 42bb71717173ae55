"""Sentences for strangers: files by their names, without the folders of this machine."""

from __future__ import annotations

import re

from xai_core.paths import IMPORT_ROOT, MODELS_DIR, data_root

# what is left of an absolute path, on any system; addresses of the web have no such beginning
_ABSOLUTE = re.compile(r"""(?<![\w.~/\\:])(?:[A-Za-z]:)?(?:[/\\][^\s/\\,;:()'"]+)*[/\\]([^\s/\\,;:()'"]+)[/\\]?""")


def without_folders(text: str) -> str:
    """``text`` with files below a known folder named from there on, and all others by their last name alone.

    Example: "/srv/xai/data/birds/train has no class folders." becomes "birds/train has no class folders."
    """
    known = {MODELS_DIR: "the folder of models", data_root(): "the data folder", IMPORT_ROOT: "the program's folder"}
    spelt = {
        str(form): words for folder, words in known.items() for form in (folder, folder.absolute(), folder.resolve())
    }
    for folder in sorted(spelt, key=len, reverse=True):  # the innermost first
        if len(folder) > 1:
            text = re.sub(rf"{re.escape(folder)}[/\\](?=\w)", "", text)
            text = re.sub(rf"{re.escape(folder)}(?![\w-])[/\\]?", spelt[folder], text)
    return _ABSOLUTE.sub(r"\1", text)
