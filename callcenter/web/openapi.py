"""The OpenAPI 3.1 document, made from the table of routes and the models the bodies are checked with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from callcenter import __version__
from callcenter.web import shapes
from callcenter.web.routing import API, COOKIE, CSRF_HEADER, PATH_PARAMETERS, SIGNED_IN, Route

Json = dict[str, Any]
_REF = "#/components/schemas/{model}"
_ERRORS = {
    400: "The request can not be understood",
    401: "Not signed in, or wrong name or password",
    403: "The role does not allow this, or the CSRF token is missing",
    404: "There is no such thing",
    409: "It can not be done now; the error says why",
    413: "The body is too large",
    415: "The body is not JSON",
    416: "The file has no such part",
    429: "Too many failures or askings; try again later",
    503: "The database is away",
}


def document(routes: Sequence[Route]) -> Json:
    """The whole document."""
    paths: dict[str, Json] = {}
    for route in routes:
        paths.setdefault(API + route.path, {})[route.method.lower()] = _operation(route)
    paths[API + "/openapi.json"] = {"get": _own()}
    paths[API + "/ws"] = {"get": _socket()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "callcenter",
            "version": __version__,
            "summary": "The call center's REST interface; docs/api.md tells of the WebSocket",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in sorted({_tag(route) for route in routes})],
        "paths": paths,
        "components": {
            "schemas": _schemas(routes),
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": COOKIE}},
        },
    }


def _operation(route: Route) -> Json:
    name = re.sub(r"[^a-z0-9]+", "_", f"{route.method}_{route.path}".lower()).strip("_")
    operation: Json = {
        "operationId": name,
        "summary": route.summary,
        "tags": [_tag(route)],
        "responses": _responses(route),
    }
    parameters = [*_path_parameters(route), *_query_parameters(route)]
    if route.roles is None:
        operation["security"] = []
    else:
        operation["security"] = [{"session": []}]
        operation["x-roles"] = sorted(route.roles)
        if route.changes_something:
            parameters.append(
                {
                    "name": CSRF_HEADER,
                    "in": "header",
                    "required": True,
                    "description": "The token that GET /session gives",
                    "schema": {"type": "string"},
                }
            )
    if parameters:
        operation["parameters"] = parameters
    if route.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _ref(route.body)}},
        }
    return operation


def _responses(route: Route) -> Json:
    success: Json = {"description": "Done"}
    if route.media != "application/json":
        success["content"] = {route.media: {"schema": {"type": "string", "format": "binary"}}}
    elif route.answer is not None:
        success["content"] = {"application/json": {"schema": _ref(route.answer)}}
    responses = {str(route.status): success}
    if 416 in route.errors:
        responses["206"] = {**success, "description": "The part that Range asked for"}
    for status in sorted({*route.errors, *_usual_errors(route)}):
        responses[str(status)] = {
            "description": _ERRORS[status],
            "content": {"application/json": {"schema": _ref(shapes.Error)}},
        }
    return responses


def _usual_errors(route: Route) -> Iterable[int]:
    if route.body is not None:
        yield from (400, 413, 415)
    if route.query is not None:
        yield 400
    if route.roles is not None:
        yield from (401, 503)
        if route.changes_something or route.roles != SIGNED_IN:
            yield 403


def _path_parameters(route: Route) -> Iterable[Json]:
    for name in re.findall(r"{(\w+)}", route.path):
        schema = {"type": "string", "pattern": f"^{PATH_PARAMETERS[name]}$"}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(route: Route) -> Iterable[Json]:
    if route.query is None:
        return
    whole = route.query.model_json_schema()
    for name, schema in whole.get("properties", {}).items():
        required = name in whole.get("required", ())
        yield {"name": name, "in": "query", "required": required, "schema": schema}


def _own() -> Json:
    return {
        "operationId": "get_openapi",
        "summary": "This document",
        "security": [],
        "responses": {
            "200": {"description": "Done", "content": {"application/json": {"schema": {"type": "object"}}}}
        },
    }


def _socket() -> Json:
    return {
        "operationId": "get_ws",
        "summary": "The pages' WebSocket; docs/api.md lists its messages",
        "security": [{"session": []}],
        "responses": {
            "101": {"description": "The connection is a WebSocket now"},
            **{
                str(status): {
                    "description": _ERRORS[status],
                    "content": {"application/json": {"schema": _ref(shapes.Error)}},
                }
                for status in (401, 403, 429)
            },
        },
    }


def _schemas(routes: Iterable[Route]) -> Json:
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(shapes.Error, "serialization")]
    for route in routes:
        for model, mode in ((route.body, "validation"), (route.answer, "serialization")):
            if model is not None:
                entry: tuple[type[BaseModel], Literal["validation", "serialization"]] = (model, mode)  # type: ignore[assignment]
                if entry not in wanted:
                    wanted.append(entry)
    _, definitions = models_json_schema(wanted, ref_template=_REF)
    return dict(definitions["$defs"])


def _ref(model: type[BaseModel]) -> Json:
    return {"$ref": _REF.format(model=model.__name__)}


def _tag(route: Route) -> str:
    return route.path.strip("/").split("/")[0]
