"""Flows for the admin's editor: their texts, versions, picture and rehearsal."""

from __future__ import annotations

from callcenter.web import flow_shapes as shapes
from callcenter.web.ports import Json
from callcenter.web.routing import Ask, Route, roles

ADMINS = roles("admin")


async def listed(ask: Ask) -> Json:
    return {"flows": ask.services.flows.views()}


async def opened(ask: Ask) -> Json:
    return await ask.services.flows.get(ask.path("flow_id"))


async def schema(ask: Ask) -> Json:
    return ask.services.flows.schema()


async def check(ask: Ask) -> Json:
    draft = ask.body(shapes.FlowDraft)
    return await ask.services.flows.check(draft.id, draft.text)


async def save(ask: Ask) -> Json:
    wish = ask.body(shapes.FlowSave)
    return await ask.services.flows.save(
        ask.path("flow_id"), wish.text, wish.base_version, by=ask.user["name"]
    )


async def delete(ask: Ask) -> None:
    await ask.services.flows.delete(ask.path("flow_id"), by=ask.user["name"])


async def versions(ask: Ask) -> Json:
    return {"versions": await ask.services.flows.versions(ask.path("flow_id"))}


async def version(ask: Ask) -> Json:
    wanted = ask.path("version")
    return {"version": wanted, "text": await ask.services.flows.version_text(ask.path("flow_id"), wanted)}


async def diff(ask: Ask) -> Json:
    wish = ask.query(shapes.DiffQuery)
    return {"diff": await ask.services.flows.diff(ask.path("flow_id"), wish.before, wish.after)}


async def restore(ask: Ask) -> Json:
    base = ask.body(shapes.FlowRestore).base_version
    return await ask.services.flows.restore(
        ask.path("flow_id"), ask.path("version"), base, by=ask.user["name"]
    )


async def draw(ask: Ask) -> Json:
    wish = ask.body(shapes.DrawWish)
    return await ask.services.flows.draw(wish.id, wish.text, wish.language, wish.heat)


async def rehearse(ask: Ask) -> Json:
    wish = ask.body(shapes.RehearsalWish)
    return await ask.services.flows.rehearse(
        wish.id,
        wish.text,
        language=wish.language,
        at=wish.at,
        ani=wish.ani,
        did=wish.did,
        notes_in=wish.notes_in,
        emergencies=wish.emergencies,
        inputs=wish.inputs,
    )


ROUTES = (
    Route("GET", "/admin/flows", listed, ADMINS, "The flows in force", answer=shapes.Flows),
    Route(
        "GET",
        "/admin/flow-schema",
        schema,
        ADMINS,
        "The JSON Schema of a flow, and the ids it may name",
        answer=shapes.FlowSchema,
    ),
    Route(
        "POST",
        "/admin/flows/check",
        check,
        ADMINS,
        "What is wrong with a flow's text",
        body=shapes.FlowDraft,
        answer=shapes.FlowProblems,
    ),
    Route(
        "POST",
        "/admin/flows/draw",
        draw,
        ADMINS,
        "A flow's text as a picture, with the callers of the last day or week on it",
        body=shapes.DrawWish,
        answer=shapes.Drawing,
    ),
    Route(
        "POST",
        "/admin/flows/rehearse",
        rehearse,
        ADMINS,
        "A flow's text played to a pretended caller",
        body=shapes.RehearsalWish,
        answer=shapes.Rehearsal,
        errors=(409,),
    ),
    Route(
        "GET",
        "/admin/flows/{flow_id}",
        opened,
        ADMINS,
        "A flow with its file's text",
        answer=shapes.FlowOpened,
        errors=(404,),
    ),
    Route(
        "PUT",
        "/admin/flows/{flow_id}",
        save,
        ADMINS,
        "Write a flow's file, unless the text has errors or the file changed",
        body=shapes.FlowSave,
        answer=shapes.FlowSaved,
        errors=(409,),
    ),
    Route(
        "DELETE",
        "/admin/flows/{flow_id}",
        delete,
        ADMINS,
        "Remove a flow that nothing leads to",
        status=204,
        errors=(404, 409),
    ),
    Route(
        "GET",
        "/admin/flows/{flow_id}/versions",
        versions,
        ADMINS,
        "Each coming into force of a flow, newest first",
        answer=shapes.FlowVersions,
    ),
    Route(
        "GET",
        "/admin/flows/{flow_id}/versions/{version}",
        version,
        ADMINS,
        "The text of a version",
        answer=shapes.FlowVersionText,
        errors=(404,),
    ),
    Route(
        "GET",
        "/admin/flows/{flow_id}/diff",
        diff,
        ADMINS,
        "What changed from one version to another",
        query=shapes.DiffQuery,
        answer=shapes.FlowDiff,
        errors=(404,),
    ),
    Route(
        "POST",
        "/admin/flows/{flow_id}/versions/{version}/restore",
        restore,
        ADMINS,
        "Put a former version back",
        body=shapes.FlowRestore,
        answer=shapes.FlowSaved,
        errors=(404, 409),
    ),
)
