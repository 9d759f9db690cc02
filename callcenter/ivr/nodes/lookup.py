"""Nodes that ask for data: the customer, or another system by HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from callcenter.ivr.fields import (
    FilledDeep,
    FilledText,
    MaySecret,
    NodeName,
    OptionalNode,
    OptionalVariable,
    SecretText,
    Spoken,
    Values,
)
from callcenter.ivr.nodes.base import Mistake, Node
from callcenter.ivr.steps import Fetch, Fetched, FindCustomer, Found
from callcenter.ivr.visit import NodeFailed, Visit, Walk

_WEB_ADDRESS = StringConstraints(pattern=r"^(https?://|\{secret:[A-Za-z_])", max_length=2000)


class CustomerNode(Node):
    """Look the customer up by a number, when it is not the one he calls from."""

    type: Literal["customer"]
    number: FilledText = Field(default="{caller.number}", description="The number, such as `{mobile}`.")
    found: NodeName = Field(
        description="The node when he is known; `customer.name`, `customer.level` are his."
    )
    not_found: NodeName = Field(description="The node when he is not.")

    def run(self, at: Visit) -> Walk:
        outcome = yield FindCustomer(at.node, at.text(self.number))
        customer = outcome.customer if isinstance(outcome, Found) else None
        at.customer_found(customer)
        return at.go("found", self.found) if customer is not None else at.go("not_found", self.not_found)

    def title(self) -> dict[Any, str]:
        return {"zh-CN": self.number, "en": self.number}


class HttpNode(Node):
    """Ask another system by HTTP for JSON. Tokens are written `{secret:NAME}` and stand in the settings."""

    type: Literal["http"]
    more_names: ClassVar[Mapping[str, tuple[str, ...]]] = {"map": ("answer", "status")}
    url: Annotated[str, _WEB_ADDRESS] = Field(
        description="Where; values in it are escaped: `https://shop.example/orders/{order_number}`."
    )
    method: Literal["GET", "POST"] = Field(default="GET", description="GET reads, POST sends `body`.")
    query: dict[str, SecretText] = Field(default={}, description="Parameters behind the `?`.")
    headers: dict[str, SecretText] = Field(
        default={}, description="Such as `Authorization: Bearer {secret:SHOP_TOKEN}`."
    )
    body: Annotated[Any, FilledDeep, MaySecret] = Field(default=None, description="JSON sent with POST.")
    timeout_seconds: float = Field(default=3, ge=0.5, le=20, description="The longest wait for one answer.")
    retries: int = Field(default=1, ge=0, le=5, description="How often it is tried again (GET only).")
    say: Spoken = Field(default={}, description="Said while the caller waits for the answer.")
    into: OptionalVariable = Field(default="", description="The variable that keeps the whole answer.")
    values: Values = Field(
        default={},
        alias="map",
        description="Variables out of the answer: `status: '{answer.order.status}'`; `answer` is the JSON.",
    )
    next: NodeName = Field(description="The node that follows a good answer.")
    on_status: dict[Annotated[str, StringConstraints(pattern=r"^[1-5]\d\d$")], NodeName] = Field(
        default={}, description='The node for a status such as "404", in place of `on_error`.'
    )
    on_error: OptionalNode = Field(
        default="", description="The node when there is no answer, a bad one, or a status of 400 and above."
    )

    def run(self, at: Visit) -> Walk:
        values: dict[str, str] = {}

        def sealed(texts: Mapping[str, str]) -> dict[str, str]:
            return {name: at.sealed_text(text, values) for name, text in texts.items()}

        outcome = yield Fetch(
            at.node,
            self.method,
            at.sealed_text(self.url, values),
            sealed(self.headers),
            sealed(self.query),
            at.sealed(self.body, values),
            values,
            self.timeout_seconds,
            self.retries if self.method == "GET" else 0,
            at.heard(self.say),
        )
        fetched = outcome if isinstance(outcome, Fetched) else Fetched(False, error="no answer")
        at.note("ivr.fetched", node=at.node, ok=fetched.ok, status=fetched.status, error=fetched.error[:200])
        status = str(fetched.status)
        if status in self.on_status:
            return at.go(f"on_status.{status}", self.on_status[status])
        if not fetched.ok:
            raise NodeFailed(fetched.error or f"status {status}")
        if self.into:
            at.set(self.into, fetched.data)
        for name, written in self.values.items():
            value = at.filled(written, answer=fetched.data, status=fetched.status)
            at.set(name, value, secret=at.is_secret(written))
        return at.go("next", self.next)

    def mistakes(self) -> Iterator[Mistake]:
        if self.method == "GET" and self.body is not None:
            yield Mistake(("body",), "a GET has no body", "write `method: POST`")

    def title(self) -> dict[Any, str]:
        short = re.sub(r"^https?://", "", self.url)
        return {"zh-CN": f"{self.method} {short}", "en": f"{self.method} {short}"}
