"""The page of a class: entrance, phones, projector, the instructor's desk, results."""
