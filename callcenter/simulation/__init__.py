"""A switch, callers and phones made of timers, in virtual time: a day in seconds, and twice the same."""
