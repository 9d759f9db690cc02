"""One person over all calls: the customer's card, the timeline, and the brief for the screen pop."""
