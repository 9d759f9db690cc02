"""The tables. Text from outside (numbers, names, notes) has no length limit: it is kept whole.

Times are seconds since the epoch. `migrations/` holds the same tables as steps; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)

# SQLite makes a rowid of INTEGER only; PostgreSQL needs 64 bits for sequence numbers.
BigId = BigInteger().with_variant(Integer(), "sqlite")

journal = Table(
    "journal",
    metadata,
    Column("seq", BigId, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("call_id", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("data", JSON, nullable=False),
    Index("ix_journal_call_id", "call_id"),
)

calls = Table(
    "calls",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", Double, nullable=False),
    Column("ended_at", Double),  # NULL while the call lives
    Column("ani", Text, nullable=False),
    Column("number", Text, nullable=False),  # the ANI in E.164; '' when it can not be told
    Column("caller_name", Text, nullable=False),
    Column("did", Text, nullable=False),
    Column("flow", Text, nullable=False),
    Column("flow_version", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("wait_seconds", Double, nullable=False),
    Column("talk_seconds", Double, nullable=False),
    Column("wrap_up_seconds", Double, nullable=False),
    Column("answered_at", Double),
    Column("outcome", String(20), nullable=False),  # '' while the call lives
    Column("disposition", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("recording", Text, nullable=False),  # relative to the recordings folder; '' when there is none
    Column("visits", JSON, nullable=False),  # one entry for each time in a queue, for statistics by queue
    Column("recorded", JSON, nullable=False, server_default="[]"),  # {name, path, seconds, label}, each once
    Column("scores", JSON, nullable=False, server_default="[]"),  # {question, score, queue, agent, at, label}
    Column("direction", String(10), nullable=False, server_default="in"),  # in | out: a call-back in place
    Column("last_seq", BigId, nullable=False),  # newest fact folded in: older ones are never folded twice
    Index("ix_calls_at", "at"),
    Index("ix_calls_number_at", "number", "at"),
    Index("ix_calls_agent_at", "agent", "at"),
    Index("ix_calls_queue_at", "queue", "at"),
    Index(
        "ix_calls_open",
        "at",
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
)

agent_states = Table(  # the last agent.state fact of each agent, for recovery
    "agent_states",
    metadata,
    Column("agent", Text, primary_key=True),
    Column("seq", BigId, nullable=False),
    Column("at", Double, nullable=False),
    Column("call_id", Text, nullable=False),
    Column("data", JSON, nullable=False),
)

customers = Table(
    "customers",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False),
    Column("level", String(10), nullable=False),  # normal | vip | gold
    Column("language", String(10), nullable=False),
    Column("note", Text, nullable=False),
    Column("since", Double, nullable=False),
    Index("ix_customers_name", "name"),
)

customer_numbers = Table(
    "customer_numbers",
    metadata,
    Column("number", Text, primary_key=True),
    Column("customer_id", BigId, ForeignKey("customers.id", ondelete="CASCADE"), nullable=False),
    Index("ix_customer_numbers_customer_id", "customer_id"),
)

voicemails = Table(
    "voicemails",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=False),  # the seq of its fact
    Column("call_id", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("ani", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("box", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("language", String(10), nullable=False),
    Column("status", String(10), nullable=False),  # new | done
    Column("status_by", Text, nullable=False),
    Index("ix_voicemails_at", "at"),
)

callbacks = Table(
    "callbacks",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=False),  # the seq of its fact
    Column("call_id", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("ani", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("not_before", Double),  # NULL: as soon as possible
    Column("status", String(10), nullable=False),  # open | done
    Column("status_by", Text, nullable=False),
    Index("ix_callbacks_at", "at"),
    Index("ix_callbacks_call_id", "call_id"),
)

emergencies = Table(  # the last emergency.switched of each switch, for recovery
    "emergencies",
    metadata,
    Column("id", Text, primary_key=True),
    Column("seq", BigId, nullable=False),
    Column("at", Double, nullable=False),
    Column("thrown", Boolean, nullable=False),
    Column("note", Text, nullable=False),
    Column("by", Text, nullable=False),
)

flow_versions = Table(  # each coming into force of a flow, with its text
    "flow_versions",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=False),  # the seq of its fact
    Column("flow", Text, nullable=False),
    Column("version", String(64), nullable=False),  # of the text: the same text has the same version
    Column("at", Double, nullable=False),
    Column("by", Text, nullable=False),  # the user; 'file' when it was saved outside
    Column("text", Text, nullable=False),
    Index("ix_flow_versions_flow", "flow", "id"),
)

flow_steps = Table(  # how many callers went which way, by hour: the heat on a flow's drawing
    "flow_steps",
    metadata,
    Column("hour", BigId, primary_key=True, autoincrement=False),  # its first second since the epoch
    Column("flow", Text, primary_key=True),
    Column("node", Text, primary_key=True),  # '' when callers came in from outside
    Column("exit", Text, primary_key=True),  # such as keys.1; '' when it is not known
    Column("target", Text, primary_key=True),  # '' when callers left here
    Column("count", BigId, nullable=False),
)

flow_places = Table(  # where in a flow each open call is
    "flow_places",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("seq", BigId, nullable=False),
    Column("flow", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("entering", Boolean, nullable=False),  # the next node is come to from outside or again
)

users = Table(
    "users",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", String(20), nullable=False),
    Column("agent_id", Text, nullable=False),  # '' when the user takes no calls
    Column("display_name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("disabled", Boolean, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_name", Text, ForeignKey("users.name", ondelete="CASCADE"), nullable=False),
    Column("opened_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Index("ix_sessions_expires_at", "expires_at"),
)
