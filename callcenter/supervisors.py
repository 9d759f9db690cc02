"""What supervisors see and do, joined for the web server: the line, the talks, the agents' skills."""

from __future__ import annotations

from typing import Any

from callcenter.engine import Engine


class SupervisorDesk:
    """Implements the web server's `SupervisorDesk` port. All methods that change something raise Refused."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def picture(self) -> dict[str, Any]:
        """`SupervisionPicture` of this moment."""
        calls = self._engine.reception.calls
        callers = []
        for row in self._engine.steering.callers():
            state = calls.get(row["call_id"])
            known = {"ani": state.ani, "name": state.caller_name} if state is not None else {}
            callers.append({"ani": "", "name": "", **known, **row})
        talks = {
            agent.call_id: {"ani": calls[agent.call_id].ani, "name": calls[agent.call_id].caller_name}
            for agent in self._engine.acd.agents.values()
            if agent.call_id in calls
        }
        return {
            "callers": callers,
            "talks": talks,
            "monitors": self._engine.supervision.views(),
            "agents": self._engine.steering.agents(),
        }

    def phone_of(self, user: str, agent_id: str) -> str:
        """The supervisor's own phone, '' if he has none."""
        return self._engine.supervision.phone_of(user, agent_id)

    def move(self, call_id: str, queue: str, head: bool, by: str) -> None:
        self._engine.steering.move(call_id, queue=queue, head=head, by=by)

    def assign(self, call_id: str, agent_id: str, override: bool, by: str) -> None:
        self._engine.steering.assign(call_id, agent_id, override=override, by=by)

    def set_skills(self, agent_id: str, skills: dict[str, int], without: list[str], by: str) -> None:
        self._engine.steering.set_skills(agent_id, skills, without, by=by)

    def reset_skills(self, agent_id: str, by: str) -> None:
        self._engine.steering.reset_skills(agent_id, by=by)

    async def monitor(self, agent_id: str, mode: str, phone: str, by: str) -> dict[str, Any]:
        return await self._engine.supervision.monitor(agent_id, mode, by=by, phone=phone)

    async def stop_monitoring(self, by: str) -> None:
        await self._engine.supervision.stop(by=by)

    async def take_over(self, agent_id: str, phone: str, by: str) -> dict[str, Any]:
        return await self._engine.supervision.take_over(agent_id, by=by, phone=phone)
