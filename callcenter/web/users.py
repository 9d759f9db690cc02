"""Users and their sessions in the database: implements the port `Users`.

Passwords are hashed with argon2id in one thread of their own, so that neither the event loop nor the calls
wait for it. A session's cookie is 32 random bytes, of which only a hash is stored; its CSRF token is derived
from the cookie and needs no storing. Sessions seen lately are remembered, so that agents go on working while
the database is away.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import unicodedata
from base64 import urlsafe_b64encode
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, get_args

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.storage.tables import sessions, users
from callcenter.web.ports import Json, Refused
from callcenter.web.shapes import Role

log = structlog.get_logger("callcenter.web.users")
ROLES: tuple[str, ...] = get_args(Role)
REMEMBERED_SECONDS = 10.0  # a session is asked of the database again after this
DATABASE_SECONDS = 2.0
REMEMBERED = 10_000
WAITING_HASHES = 32  # sign-ins that may wait for the hashing thread


@dataclass(slots=True)
class _Seen:
    user: Json
    csrf: str
    expires_at: float
    checked_at: float


class DatabaseUsers:
    """Who may sign in."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="passwords")
        self._waiting = 0
        self._nobody = ""  # a hash to check when the name is unknown, so that both take as long
        self._seen: OrderedDict[str, _Seen] = OrderedDict()

    def close(self) -> None:
        """End the hashing thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    # -- users -----------------------------------------------------------------------------------------

    async def create_user(
        self, name: str, password: str, role: str, *, agent_id: str = "", display_name: str = ""
    ) -> bool:
        """A new user. False when the name is taken. Raises ValueError for an unknown role or no name."""
        key = user_key(name)
        if role not in ROLES or not key:
            raise ValueError(f"no such role or name: {role!r} {name!r}")
        values = {
            "name": key,
            "role": role,
            "agent_id": agent_id,
            "display_name": display_name or name,
            "password_hash": await self._hash(password),
            "disabled": False,
        }
        try:
            async with self._engine.begin() as connection:
                await connection.execute(insert(users).values(**values))
        except IntegrityError:
            return False
        return True

    async def set_password(self, name: str, password: str) -> bool:
        """Change a password and end the user's sessions. False when there is no such user."""
        key, hashed = user_key(name), await self._hash(password)
        async with self._engine.begin() as connection:
            changed = await connection.execute(
                update(users).where(users.c.name == key).values(password_hash=hashed)
            )
            await connection.execute(delete(sessions).where(sessions.c.user_name == key))
        self._forget_user(key)
        return bool(changed.rowcount)

    async def set_disabled(self, name: str, disabled: bool) -> bool:
        """Lock a user out, or let him in again. False when there is no such user."""
        key = user_key(name)
        async with self._engine.begin() as connection:
            changed = await connection.execute(
                update(users).where(users.c.name == key).values(disabled=disabled)
            )
            if disabled:
                await connection.execute(delete(sessions).where(sessions.c.user_name == key))
        self._forget_user(key)
        return bool(changed.rowcount)

    async def all(self) -> list[Json]:
        """Every user, without secrets."""
        async with self._engine.connect() as connection:
            rows = (await connection.execute(select(users).order_by(users.c.name))).all()
        return [{**_user(row), "disabled": row.disabled} for row in rows]

    async def check(self, name: str, password: str) -> Json | None:
        """The user, when the password is his. Takes as long for names that do not exist."""
        async with self._engine.connect() as connection:
            row = (await connection.execute(select(users).where(users.c.name == user_key(name)))).first()
        if not self._nobody:
            self._nobody = await self._hash(secrets.token_hex())
        known = row is not None and not row.disabled
        right = await self._verify(row.password_hash if row is not None and known else self._nobody, password)
        return _user(row) if row is not None and known and right else None

    # -- sessions --------------------------------------------------------------------------------------

    async def open_session(self, user_name: str, now: float, seconds: float) -> tuple[str, str]:
        """A new session: (cookie token, csrf token)."""
        token = secrets.token_urlsafe(32)
        values = {
            "token_hash": token_hash(token),
            "user_name": user_key(user_name),
            "opened_at": now,
            "expires_at": now + seconds,
        }
        async with self._engine.begin() as connection:
            await connection.execute(delete(sessions).where(sessions.c.expires_at < now))
            await connection.execute(insert(sessions).values(**values))
        return token, csrf_of(token)

    async def session(self, token: str, now: float) -> tuple[Json, str] | None:
        """The user of a session and its csrf token; None when unknown, over, or the user is locked out."""
        key = token_hash(token)
        seen = self._seen.get(key)
        if seen is not None and seen.expires_at <= now:
            del self._seen[key]
            return None
        if seen is None or not 0 <= now - seen.checked_at < REMEMBERED_SECONDS:
            try:
                async with asyncio.timeout(DATABASE_SECONDS):
                    seen = await self._read_session(key, token, now)
            except Exception as error:
                if seen is None:
                    raise
                log.warning("the database is away; a session seen before goes on", error=str(error))
        return None if seen is None else (dict(seen.user), seen.csrf)

    async def close_session(self, token: str) -> None:
        """Sign out."""
        key = token_hash(token)
        self._seen.pop(key, None)
        async with self._engine.begin() as connection:
            await connection.execute(delete(sessions).where(sessions.c.token_hash == key))

    async def _read_session(self, key: str, token: str, now: float) -> _Seen | None:
        query = (
            select(users, sessions.c.expires_at)
            .join(sessions, sessions.c.user_name == users.c.name)
            .where(sessions.c.token_hash == key, sessions.c.expires_at > now, users.c.disabled.is_(False))
        )
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).first()
        if row is None:
            self._seen.pop(key, None)
            return None
        seen = _Seen(_user(row), csrf_of(token), row.expires_at, now)
        self._seen[key] = seen
        self._seen.move_to_end(key)
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return seen

    def _forget_user(self, name: str) -> None:
        for key in [key for key, seen in self._seen.items() if seen.user["name"] == name]:
            del self._seen[key]

    # -- hashing ---------------------------------------------------------------------------------------

    async def _hash(self, password: str) -> str:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._hasher.hash, password)

    async def _verify(self, hashed: str, password: str) -> bool:
        if self._waiting >= WAITING_HASHES:
            raise Refused(
                "busy", "Too many sign-ins at once; try again", "登录请求过多，请稍后再试", status=503
            )
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return bool(await loop.run_in_executor(self._thread, self._hasher.verify, hashed, password))
        except (VerificationError, InvalidHashError):
            return False
        finally:
            self._waiting -= 1


def user_key(name: str) -> str:
    """The name as it is filed: one form for all ways to type it."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def token_hash(token: str) -> str:
    """What is stored of a cookie."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def csrf_of(token: str) -> str:
    """The CSRF token of a session."""
    digest = hmac.new(token.encode("utf-8", "surrogateescape"), b"csrf", hashlib.sha256).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def _user(row: Any) -> Json:
    return {
        "name": row.name,
        "role": row.role,
        "agent_id": row.agent_id or "",
        "display_name": row.display_name,
    }
