/** The REST client: cookie session, CSRF header, deadlines, and errors that can be shown to people. */

import type { Label } from "./types";

const BASE = "/api/v1";
const DEADLINE_MS = 15_000;

/** An answer that was not a success. `status` 0: the server could not be reached at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly text: Label | null,
    readonly field: string,
  ) {
    super(code);
  }
}

let csrf = "";
let onSignedOut: () => void = () => undefined;

export function setCsrf(token: string): void {
  csrf = token;
}

/** Called when the server says that the session is over. */
export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

type Query = Record<string, string | number | undefined>;

/** `/calls?limit=50`: a path under the API with its query; empty values are left out. */
export function address(path: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") params.set(key, String(value));
  }
  const tail = params.toString();
  return BASE + path + (tail ? `?${tail}` : "");
}

interface ErrorBody {
  error?: { code?: string; message?: Label; field?: string };
}

async function failure(response: Response): Promise<ApiError> {
  let body: ErrorBody = {};
  try {
    body = (await response.json()) as ErrorBody;
  } catch {
    // Not ours (a proxy's page, say): the status alone must do.
  }
  const error = body.error ?? {};
  return new ApiError(response.status, error.code ?? `http_${response.status}`, error.message ?? null, error.field ?? "");
}

async function ask<T>(method: string, path: string, body?: unknown, query?: Query): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrf) headers["X-CSRF-Token"] = csrf;
  let response: Response;
  try {
    response = await fetch(address(path, query), {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
  } catch {
    throw new ApiError(0, "unreachable", null, "");
  }
  if (!response.ok) {
    const error = await failure(response);
    if (error.status === 401 && !(path === "/session" && method !== "DELETE")) onSignedOut();
    throw error;
  }
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

export const http = {
  get: <T>(path: string, query?: Query) => ask<T>("GET", path, undefined, query),
  post: <T>(path: string, body: unknown = {}) => ask<T>("POST", path, body),
  put: <T>(path: string, body: unknown) => ask<T>("PUT", path, body),
  patch: <T>(path: string, body: unknown) => ask<T>("PATCH", path, body),
  delete: <T>(path: string) => ask<T>("DELETE", path),
};
