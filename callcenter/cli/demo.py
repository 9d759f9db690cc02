"""`callcenter demo`: a living call center on this machine."""

from __future__ import annotations
