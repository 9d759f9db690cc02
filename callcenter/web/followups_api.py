"""Voicemails and callers to be called back."""

from __future__ import annotations

from aiohttp import web

from callcenter.web import shapes
from callcenter.web.audio import audio_answer
from callcenter.web.errors import not_found
from callcenter.web.ports import Json, Refused
from callcenter.web.routing import Ask, Route, roles
from callcenter.web.throttle import Throttle

#: a number is asked for three times an hour at most, a user (or program) asks sixty times a minute
BY_NUMBER: web.AppKey[Throttle] = web.AppKey("throttle of call-backs by number", Throttle)
BY_USER: web.AppKey[Throttle] = web.AppKey("throttle of call-backs by user", Throttle)
NUMBER_LIMIT, NUMBER_SECONDS = 3, 3600.0
USER_LIMIT, USER_SECONDS = 60, 60.0

WORKERS = roles("agent", "supervisor", "admin")


async def voicemails(ask: Ask) -> Json:
    return {"voicemails": await ask.services.records.voicemails()}


async def voicemail_audio(ask: Ask) -> web.StreamResponse:
    number = ask.number("voicemail_id")
    path = await ask.services.records.voicemail_path(number)
    return audio_answer(ask.settings.voicemails, path, f"voicemail-{number}")


async def set_voicemail(ask: Ask) -> Json:
    status = ask.body(shapes.VoicemailChange).status
    found = await ask.services.records.set_voicemail(ask.number("voicemail_id"), status, ask.user["name"])
    if found is None:
        raise not_found("no_such_voicemail")
    return found


async def callbacks(ask: Ask) -> Json:
    return {
        "callbacks": await ask.services.records.callbacks(),
        "in_place": ask.services.callbacks.views(),
    }


async def ask_for_callback(ask: Ask) -> Json:
    body = ask.body(shapes.CallbackWish)
    _slow_down(ask, f"by {ask.user['name']}", BY_USER)
    _slow_down(ask, "".join(char for char in body.number if char.isdigit())[-9:], BY_NUMBER)
    return ask.services.callbacks.ask_for(
        body.number,
        body.queue,
        by=ask.user["name"],
        name=body.name,
        language=body.language,
        not_before=body.not_before,
        not_after=body.not_after,
    )


def _slow_down(ask: Ask, key: str, which: web.AppKey[Throttle]) -> None:
    """Raises Refused when a key asks too often."""
    throttle, now = ask.request.app[which], ask.services.clock.now()
    if throttle.blocked_for(key, now) > 0:
        raise Refused(
            "too_many_callbacks", "Too many call-backs are asked for", "回呼登记过于频繁", status=429
        )
    throttle.failed(key, now)


async def cancel_callback(ask: Ask) -> None:
    ask.services.callbacks.cancel(ask.path("place_id"), ask.user["name"])


async def set_callback(ask: Ask) -> Json:
    status = ask.body(shapes.CallbackChange).status
    found = await ask.services.records.set_callback(ask.number("callback_id"), status, ask.user["name"])
    if found is None:
        raise not_found("no_such_callback")
    return found


ROUTES = (
    Route("GET", "/voicemails", voicemails, WORKERS, "Voicemails, newest first", answer=shapes.Voicemails),
    Route(
        "GET",
        "/voicemails/{voicemail_id}/audio",
        voicemail_audio,
        WORKERS,
        "The message, with Range",
        media="audio/wav",
        errors=(404, 416),
    ),
    Route(
        "POST",
        "/voicemails/{voicemail_id}",
        set_voicemail,
        WORKERS,
        "Mark a voicemail",
        body=shapes.VoicemailChange,
        answer=shapes.Voicemail,
        errors=(404,),
    ),
    Route("GET", "/callbacks", callbacks, WORKERS, "Callers to be called back", answer=shapes.Callbacks),
    Route(
        "POST",
        "/callbacks",
        ask_for_callback,
        WORKERS,
        "Ask for a call-back in place: an agent is reserved when its turn comes, then the number is dialed",
        body=shapes.CallbackWish,
        answer=shapes.CallbackInPlace,
        status=201,
        errors=(400, 409, 429),
    ),
    Route(
        "DELETE",
        "/callbacks/in-place/{place_id}",
        cancel_callback,
        WORKERS,
        "Cancel a call-back in place, before the customer has answered",
        status=204,
        errors=(404, 409),
    ),
    Route(
        "POST",
        "/callbacks/{callback_id}",
        set_callback,
        WORKERS,
        "Mark a call-back",
        body=shapes.CallbackChange,
        answer=shapes.Callback,
        errors=(404,),
    ),
)
