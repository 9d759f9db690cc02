"""What the engine asks of any switch, what a switch reports, and how numbers are written."""
