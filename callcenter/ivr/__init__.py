"""A flow: YAML to a checked graph, its interpreter and its runner."""
