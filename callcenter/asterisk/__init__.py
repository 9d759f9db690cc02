"""The real switch: Asterisk by AMI and FastAGI, its configuration, and a private one for demo and tests."""
