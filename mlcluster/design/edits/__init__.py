"""One change of a cluster: its record, its text, and what it does to atoms and electrons."""
