"""Other systems asked by HTTP: JSON there and back, with deadlines, retries and limits. Never raises."""

from __future__ import annotations

import asyncio
import os
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Literal
from urllib.parse import quote

import aiohttp
import orjson
from yarl import URL

from callcenter.integrations.secrets import Secrets, UnknownSecret

LARGEST_ANSWER = 256 * 1024  # bytes
_BACKOFF_SECONDS, _LONGEST_BACKOFF = 0.2, 2.0
_PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_LINE_BREAKS = re.compile(r"[\r\n\x00]")
_SHOWN_KEYS = 8
_UNSENDABLE = "the address, a header or the body cannot be sent as written"
_PASSING = (429, 502, 503, 504)  # trouble that may be over in a moment


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What is asked. Texts hold `{secret:NAME}`, never the secret; `{name}` is taken from `values`."""

    url: str
    method: Literal["GET", "POST"] = "GET"
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None  # JSON; None for none
    values: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: float = 3.0  # for one try
    retries: int = 1
    idempotent: bool = False  # a POST that does no harm when it arrives twice


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came of it. `data` is the JSON, also of a refusal; `error` is for a log or an admin."""

    ok: bool
    status: int = 0  # 0: nothing came
    data: Any = field(default=None, repr=False)  # may be about a person
    error: str = ""
    seconds: float = 0.0  # of all tries together


class _Trouble(Enum):
    """What came of one try, as far as another one is concerned."""

    LASTING = "lasting"  # or no trouble at all: another try would bring the same
    BEFORE = "before"  # nothing has reached the far side
    AFTER = "after"  # the far side may have acted on the request


class HttpClient:
    """Asks. Connections are kept and used again; `close` ends them."""

    def __init__(
        self,
        secrets: Secrets | None = None,
        *,
        largest_answer: int = LARGEST_ANSWER,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`chance` gives numbers from 0 to 1, which keep many callers from trying again all at once."""
        self._secrets = secrets or Secrets({})
        self._largest = largest_answer
        self._chance = chance
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Let go of all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def fetch(self, request: HttpRequest) -> HttpAnswer:
        """Ask, and ask again where that does no harm. Redirects are not followed; nothing is raised."""
        began = time.monotonic()
        tries = max(0, request.retries) + 1
        answer = HttpAnswer(False)
        for attempt in range(tries):
            if attempt:
                wait = min(_LONGEST_BACKOFF, _BACKOFF_SECONDS * 2 ** (attempt - 1))
                await asyncio.sleep(wait * (0.5 + self._chance() / 2))
            answer, trouble = await self._try(request)
            repeatable = request.method == "GET" or request.idempotent
            if trouble is not _Trouble.BEFORE and not (trouble is _Trouble.AFTER and repeatable):
                break
        error = self._secrets.mask(answer.error)
        return replace(answer, error=error, seconds=round(time.monotonic() - began, 3))

    async def _try(self, request: HttpRequest) -> tuple[HttpAnswer, _Trouble]:
        try:
            url, headers, data = self._prepared(request)
        except UnknownSecret as error:
            return HttpAnswer(False, error=str(error)), _Trouble.LASTING
        except (ValueError, TypeError, RecursionError):
            return HttpAnswer(
                False, error="the address or the body cannot be sent as written"
            ), _Trouble.LASTING
        timeout = aiohttp.ClientTimeout(total=request.timeout_seconds)
        try:
            async with self._open().request(
                request.method, url, headers=headers, data=data, timeout=timeout, allow_redirects=False
            ) as response:
                answer = await self._read(response)
                passing = answer.status in _PASSING and not answer.ok
                return answer, _Trouble.AFTER if passing else _Trouble.LASTING
        except aiohttp.ClientConnectorCertificateError:
            return HttpAnswer(False, error="its certificate is not valid"), _Trouble.LASTING
        except aiohttp.ConnectionTimeoutError:
            problem = f"it was not reached within {request.timeout_seconds:g} s"
            return HttpAnswer(False, error=problem), _Trouble.BEFORE
        except TimeoutError:
            return HttpAnswer(False, error=f"no answer within {request.timeout_seconds:g} s"), _Trouble.AFTER
        except aiohttp.ClientConnectorError as error:
            return HttpAnswer(
                False, error=f"it cannot be reached: {_reason(error.os_error)}"
            ), _Trouble.BEFORE
        except aiohttp.InvalidURL:
            return HttpAnswer(False, error=_UNSENDABLE), _Trouble.LASTING
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, OSError):
            return HttpAnswer(False, error="the connection broke off"), _Trouble.AFTER
        except aiohttp.ClientError:
            return HttpAnswer(False, error="the answer is not proper HTTP"), _Trouble.AFTER
        except ValueError:
            return HttpAnswer(
                False, error="the address or a header cannot be sent as written"
            ), _Trouble.LASTING

    def _prepared(self, request: HttpRequest) -> tuple[URL, dict[str, str], bytes | None]:
        """With secrets and values in their places. Raises UnknownSecret, ValueError and TypeError."""
        written, values, secrets = request.url, request.values, self._secrets
        start = re.match(r"\{secret:\w+\}", written)  # a secret may be the whole beginning of an address
        before = secrets.reveal(start[0]) if start else ""
        rest = secrets.reveal(written[start.end() if start else 0 :], values, url_value)
        url = URL(before + rest)
        if url.scheme not in ("http", "https") or not url.host:
            raise ValueError("not a web address")
        if request.query:
            url = url.extend_query(
                {name: secrets.reveal(value, values) for name, value in request.query.items()}
            )
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        for name, value in request.headers.items():
            headers[name] = _LINE_BREAKS.sub(" ", secrets.reveal(value, values))
        if request.body is None:
            return url, headers, None
        headers.setdefault("Content-Type", "application/json")
        return url, headers, orjson.dumps(secrets.reveal_deep(request.body, values))

    async def _read(self, response: aiohttp.ClientResponse) -> HttpAnswer:
        status = response.status
        if 300 <= status < 400:
            return HttpAnswer(
                False, status, error=f"it sends us elsewhere (status {status}), which is not followed"
            )
        written = bytearray()
        async for chunk in response.content.iter_chunked(16 * 1024):
            written += chunk
            if len(written) > self._largest:
                response.close()
                return HttpAnswer(
                    False, status, error=f"the answer is larger than {self._largest // 1024} KB"
                )
        refused = f"status {status}" if status >= 400 else ""
        if not written.strip():
            return HttpAnswer(not refused, status, error=refused)
        try:
            data = self._secrets.mask_deep(orjson.loads(bytes(written).removeprefix(b"\xef\xbb\xbf")))
        except (orjson.JSONDecodeError, RecursionError):
            return HttpAnswer(False, status, error=refused or "the answer is not JSON")
        return HttpAnswer(not refused, status, data, refused)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(),  # one caller's session is not another's
                auto_decompress=False,  # a small answer cannot swell
                headers={"User-Agent": "callcenter"},
            )
        return self._session


def _reason(error: OSError) -> str:
    """In the system's words, without the address that asyncio adds."""
    if error.errno and error.errno > 0:
        return os.strerror(error.errno)
    return error.strerror or "there is no such address"


def url_value(value: str) -> str:
    """A value as one part of a URL. Raises ValueError for what would lead elsewhere."""
    if value in (".", ".."):
        raise ValueError(f"'{value}' cannot stand in an address")
    return quote(value, safe="")


def fill_url(template: str, values: Mapping[str, str]) -> str:
    """A URL with `{name}` filled in, percent-encoded. Raises ValueError for a place without a value."""

    def fill(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise ValueError(f"there is no value for {found[0]}")
        return url_value(values[found[1]])

    return _PLACE.sub(fill, template)


def pick(data: Any, path: str) -> Any:
    """A value inside JSON: `order.items.0.name`. Raises LookupError that says what is there instead."""
    seen: list[str] = []
    for part in path.split(".") if path else []:
        where = f"'{'.'.join(seen)}'" if seen else "the answer"
        if isinstance(data, Mapping):
            if part not in data:
                keys = ", ".join(sorted(str(key)[:40] for key in data)[:_SHOWN_KEYS]) or "nothing"
                raise LookupError(f"{where} has no '{part}'; it has {keys}")
            data = data[part]
        elif isinstance(data, list):
            if not (part.isascii() and part.isdigit() and len(part) < 10):
                raise LookupError(f"{where} is a list: '{part}' is not a place in it, 0 is its first")
            if int(part) >= len(data):
                raise LookupError(f"{where} is a list of {len(data)}: there is no place {part}")
            data = data[int(part)]
        else:
            raise LookupError(f"{where} is a single value: it has no '{part}'")
        seen.append(part)
    return data
