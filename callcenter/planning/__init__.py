"""What if two agents are ill, and how many are needed? Formulas, and the distributor in virtual time."""
