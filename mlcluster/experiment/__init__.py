"""A question and the runs that answer it."""
