"""A living call center on one machine: real SIP callers and agents' phones, customers with a history.

Tests and benchmarks use the same SIP people (`sipp`, `baresip`).
"""
