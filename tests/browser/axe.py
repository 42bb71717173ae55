"""Accessibility by axe-core, in the page as it stands."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

GRAVE = {"serious", "critical"}


def grave_findings(page: Page) -> dict[str, list[str]]:
    """Serious and critical findings of axe by rule, each with the HTML of what it found."""
    violations = Axe().run(page).response["violations"]
    return {
        finding["id"]: [node["html"][:160] for node in finding["nodes"]]
        for finding in violations
        if finding["impact"] in GRAVE
    }
