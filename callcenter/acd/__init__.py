"""The distributor: who waits, who is free, who gets whom."""
