"""Scripts that measure. Each prints a table with what it compares to and writes its figures as JSON."""
