"""Recordings: where the tracks of a talk go, and the file that is kept of them."""
