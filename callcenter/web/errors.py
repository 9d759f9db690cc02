"""Errors as pages get them: a stable code and words in both languages."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web
from pydantic import ValidationError

from callcenter.web.ports import Refused


def json_answer(value: Any, status: int = 200) -> web.Response:
    """`value` as JSON. What changes by the second is never cached."""
    return web.Response(
        body=orjson.dumps(value),
        status=status,
        content_type="application/json",
        charset="utf-8",
        headers={"Cache-Control": "no-store"},
    )


def error_answer(refused: Refused) -> web.Response:
    """The refusal as JSON, with its status."""
    detail = {"code": refused.code, "message": refused.text, "field": refused.field}
    return json_answer({"error": detail}, refused.status)


def not_signed_in() -> Refused:
    return Refused("not_signed_in", "Sign in first", "请先登录", status=401)


def not_allowed() -> Refused:
    return Refused("not_allowed", "Your role does not allow this", "您的角色无权进行此操作", status=403)


def not_found(code: str = "not_found") -> Refused:
    return Refused(code, "There is no such thing", "未找到", status=404)


def not_understood(english: str, chinese: str, field: str = "") -> Refused:
    return Refused("not_understood", english, chinese, field=field, status=400)


def bad_field(error: ValidationError) -> Refused:
    """The first thing wrong with a body or query."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    return not_understood(f"{field}: {first['msg']}" if field else first["msg"], f"{field} 填写有误", field)


def storage_away() -> Refused:
    return Refused(
        "storage_away", "The database is away; try again soon", "数据库暂不可用，请稍后再试", status=503
    )


def internal() -> Refused:
    return Refused(
        "internal", "Something went wrong here; it is in the log", "服务器内部错误，已记录", status=500
    )


_BY_STATUS = {
    400: ("not_understood", "The request can not be understood", "无法理解该请求"),
    404: ("not_found", "There is no such page", "页面不存在"),
    405: ("method_not_allowed", "This can not be done here", "此处不支持该操作"),
    413: ("too_large", "That is too large", "内容过大"),
    415: ("not_json", "Send JSON", "请发送 JSON"),
    416: ("range_not_satisfiable", "The file has no such part", "请求的范围无效"),
}


def http_error(error: web.HTTPException) -> Refused:
    """aiohttp's own errors in our words."""
    code, english, chinese = _BY_STATUS.get(error.status, ("refused", error.reason, error.reason))
    return Refused(code, english, chinese, status=error.status)
