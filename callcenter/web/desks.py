"""Where each agent works: one browser session at a time, however many pages it has open.

An agent whose pages connect in a second session takes over: the pages of the first are told, hear nothing of
his calls any more, and what they ask for is refused until somebody says there that he works there again. With
`sign_in: refuse` in center.yaml it is the second who is told and refused.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import orjson

from callcenter.web.ports import Json, Refused
from callcenter.web.settings import Services

ELSEWHERE = '{"type":"elsewhere"}'


class Page(Protocol):
    """One page's connection."""

    agent_id: str
    token: str
    user: Json
    address: str

    def offer(self, text: str) -> None: ...


class Desks:
    """The pages of all agents."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._working: dict[str, set[Page]] = {}
        self._stopped: dict[str, set[Page]] = {}  # told that the agent works elsewhere
        self._displaced: dict[str, set[str]] = {}  # sessions that were taken over from
        self._unlisten: dict[str, Callable[[], None]] = {}

    # --- pages come and go ----------------------------------------------------------------------------

    def join(self, page: Page, *, stopped: bool = False) -> None:
        """A page of an agent connects. `stopped`: it knows that it was taken over from."""
        agent_id = page.agent_id
        if not agent_id:
            return
        taken = self._works_elsewhere(agent_id, page.token)
        asks = page.token in self._displaced.get(agent_id, ()) or self._refuses()
        if stopped or (taken and asks):
            self._stop(page)
        else:
            self._work(agent_id, {page})

    def leave(self, page: Page) -> None:
        """A page is gone."""
        agent_id = page.agent_id
        stopped = self._stopped.get(agent_id, set())
        stopped.discard(page)
        if not stopped:
            self._stopped.pop(agent_id, None)
        working = self._working.get(agent_id)
        if working is None or page not in working:
            return
        working.discard(page)
        if not working:
            self._close(agent_id)

    def works(self, page: Page) -> bool:
        """Whether the agent works at this page's session."""
        return page in self._working.get(page.agent_id, ())

    # --- what people ask for --------------------------------------------------------------------------

    def work_here(self, agent_id: str, token: str) -> None:
        """The agent goes on at this session, whose pages were stopped. Raises Refused when a second place is
        not allowed."""
        if self._refuses():
            self.refuse_sign_in(agent_id, token)
        self._displaced.get(agent_id, set()).discard(token)
        mine = {page for page in self._stopped.get(agent_id, ()) if page.token == token}
        if mine:
            self._work(agent_id, mine)

    def refuse_sign_in(self, agent_id: str, token: str) -> None:
        """Raises Refused when the agent works at another session, and a second one is to be refused."""
        if agent_id and self._refuses() and self._works_elsewhere(agent_id, token):
            raise Refused(
                "signed_in_elsewhere",
                "You are signed in at another place. Sign out there, or ask a supervisor to sign you out",
                "您已在另一处登录。请先在那里退出，或请班长将您签出",
            )

    def refuse_acting(self, agent_id: str, token: str) -> None:
        """Raises Refused for a session that was taken over from."""
        if token and token in self._displaced.get(agent_id, ()):
            raise Refused("elsewhere", "You work at another place now", "您已在另一处登录，本页已停止工作")

    def free(self, agent_id: str) -> None:
        """A supervisor signed the agent out: where second places are refused, he may sign in at another."""
        if self._refuses():
            for page in list(self._working.get(agent_id, ())):
                self._displace(page)
            self._displaced.pop(agent_id, None)

    # --- inside ---------------------------------------------------------------------------------------

    def _refuses(self) -> bool:
        return self._services.desk.second_place() == "refuse"

    def _works_elsewhere(self, agent_id: str, token: str) -> bool:
        return any(page.token != token for page in self._working.get(agent_id, ()))

    def _work(self, agent_id: str, pages: set[Page]) -> None:
        """These pages (of one session) are where the agent works; those of another are stopped."""
        first = next(iter(pages))
        others = {page for page in self._working.get(agent_id, ()) if page.token != first.token}
        if agent_id not in self._working:
            self._working[agent_id] = set()
            self._unlisten[agent_id] = self._services.feed.listen(f"agent:{agent_id}", self._teller(agent_id))
            with suppress(Refused):
                self._services.desk.desk_opened(agent_id)
        for page in pages:
            self._stopped.get(agent_id, set()).discard(page)
            self._working[agent_id].add(page)
            with suppress(Refused):
                page.offer(_text({"type": "agent", "agent": self._services.desk.view(agent_id)}))
        for page in others:
            self._displace(page)
        if others:
            self._services.desk.took_over(agent_id, first.user["name"], first.address)

    def _displace(self, page: Page) -> None:
        self._displaced.setdefault(page.agent_id, set()).add(page.token)
        self.leave(page)
        self._stop(page)

    def _stop(self, page: Page) -> None:
        self._stopped.setdefault(page.agent_id, set()).add(page)
        page.offer(ELSEWHERE)

    def _close(self, agent_id: str) -> None:
        del self._working[agent_id]
        self._displaced.pop(agent_id, None)  # nobody is there any more from whom to keep anything
        self._unlisten.pop(agent_id)()
        with suppress(Refused):
            self._services.desk.desk_closed(agent_id)

    def _teller(self, agent_id: str) -> Callable[[Json], None]:
        def tell(message: Json) -> None:
            text = _text(message)
            for page in self._working.get(agent_id, ()):
                page.offer(text)

        return tell


def _text(message: Json) -> str:
    return orjson.dumps(message).decode()
