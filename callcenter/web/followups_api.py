"""Voicemails and callers to be called back."""

from __future__ import annotations

from aiohttp import web

from callcenter.web import shapes
from callcenter.web.audio import audio_answer
from callcenter.web.errors import not_found
from callcenter.web.ports import Json
from callcenter.web.routing import Ask, Route, roles

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
    return {"callbacks": await ask.services.records.callbacks()}


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
        "/callbacks/{callback_id}",
        set_callback,
        WORKERS,
        "Mark a call-back",
        body=shapes.CallbackChange,
        answer=shapes.Callback,
        errors=(404,),
    ),
)
