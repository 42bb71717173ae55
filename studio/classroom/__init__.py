"""A class in front of one image: rooms, questions, votes, tallies."""
