"""`callcenter`: all commands."""

from __future__ import annotations

import typer

from callcenter.cli import (
    acd,
    agents,
    asterisk,
    calls,
    center,
    demo,
    doctor,
    ivr,
    planning,
    run,
    staffing,
    users,
    why,
)

app = typer.Typer(
    name="callcenter",
    help="The open call-center engine: IVR, skill routing and the agent's desk on a real Asterisk.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("run")(run.run)
app.command("check")(center.check)
app.command("apply")(center.apply)
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)
app.command("simulate")(planning.simulate)
app.command("staff")(staffing.staff)

app.add_typer(calls.group, name="call", help="Calls on file.")
app.add_typer(why.group, name="why", help="Why a caller waits, why an agent has no call.")
app.add_typer(acd.group, name="acd", help="The line, the agents and the talks of the running center.")
app.add_typer(users.group, name="user", help="Who may sign in.")
app.add_typer(agents.group, name="agent", help="Agents and their phones.")
app.add_typer(ivr.group, name="ivr", help="Flows: what callers hear and press.")
app.add_typer(asterisk.group, name="asterisk", help="Asterisk on this machine.")


def main() -> None:
    """Entry point."""
    app()


if __name__ == "__main__":
    main()
