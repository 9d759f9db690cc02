"""The open call-center engine: IVR, skill routing and the agent's desk on a real Asterisk."""

__version__ = "0.1.0"
