"""Studies: their files, who takes part, what is asked, and in which order."""
