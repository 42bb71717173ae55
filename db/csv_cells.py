"""Cells of CSV files that no spreadsheet takes for a formula.

Excel, LibreOffice and Google Sheets compute what begins with one of a few signs: a comment ``=HYPERLINK(...)`` of one
person would run on the machine of another. Source: OWASP, "CSV injection".
"""

_STARTS = tuple(
    "=+-@\t\r\n'" + "\uff1d\uff0b\uff0d\uff20"
)  # the last four: what Japanese keyboards write for the first

RULE = (
    "In CSV files, text that begins with one of = + - @ (wide ones too), tab, line end or ' has one more ' before it, "
    "so that no spreadsheet computes it; take one ' off the beginning of text to get what was stored. Numbers are as "
    "they are."
)


def defused(value: object) -> object:
    """``value`` as a cell: text that begins like a formula gets an apostrophe, all else stays."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_STARTS) else value
