"""Systems beyond the center, as flows ask for them: joins the steps of a flow to the integrations."""

from __future__ import annotations

from callcenter.ivr.steps import Fetch, Fetched, SendMessage, Sent


class OutsideSystems:
    """Implements `calls.office.Outside`."""

    async def fetch(self, step: Fetch) -> Fetched:
        return Fetched(False, error="no other system is configured")

    async def send(self, step: SendMessage) -> Sent:
        return Sent(False, f"the settings have no way '{step.via}' to send messages")
