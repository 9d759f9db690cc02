"""The life of a call: from its knock at the door to its end, also over a restart of us or of the switch."""
