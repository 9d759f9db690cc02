"""Half an hour of a busy center in which everything goes wrong that people can do: see docs/soak.md."""
