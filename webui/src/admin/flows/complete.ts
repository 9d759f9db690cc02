/** What may be written at a place of a flow: keys and values from the JSON Schema, and the names that exist. */

import type { FlowNames } from "../../api/types";
import type { Place } from "./place";

export interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  propertyNames?: Schema;
  patternProperties?: Record<string, Schema>;
  items?: Schema;
  description?: string;
  default?: unknown;
}

export interface Option {
  label: string;
  kind: "key" | "value" | "node" | "name";
  detail: string;
  /** What is put in. */
  apply: string;
}

/** What a flow's text itself names. */
export interface Written {
  nodes: readonly string[];
  typeOf: (path: readonly (string | number)[]) => string;
}

const NODE_KEYS = /^(next|go|start|open|closed|then|else|emergency|on_\w+)$/;

export function complete(schema: Schema, names: FlowNames, place: Place, written: Written): Option[] {
  const at = schemasAt(schema, place, written);
  return place.writing === "key" ? keys(schema, at, place, names) : values(schema, at, place, names, written);
}

// -- keys ----------------------------------------------------------------------------------------------

function keys(root: Schema, at: Schema[], place: Place, names: FlowNames): Option[] {
  const found = new Map<string, Option>();
  const last = place.path.at(-1);
  if (last === "skills") for (const [id, name] of Object.entries(names.skills)) found.set(id, { label: id, kind: "name", detail: shown(name), apply: `${id}: ` });
  for (const one of at) {
    for (const [key, value] of Object.entries(one.properties ?? {})) {
      if (key in place.siblings || found.has(key)) continue;
      const required = one.required?.includes(key) ?? false;
      found.set(key, { label: key, kind: "key", detail: (required ? "* " : "") + describe(root, value), apply: `${key}: ` });
    }
    for (const key of keyNames(root, one)) if (!(key in place.siblings) && !found.has(key)) found.set(key, { label: key, kind: "key", detail: "", apply: `${key}: ` });
  }
  return [...found.values()];
}

/** Keys a map may have where they are listed: languages, days. */
function keyNames(root: Schema, map: Schema): string[] {
  const named = map.propertyNames ? resolve(root, map.propertyNames) : [];
  return named.flatMap((one) => (one.enum ?? (one.const !== undefined ? [one.const] : [])).map(String));
}

// -- values --------------------------------------------------------------------------------------------

function values(root: Schema, at: Schema[], place: Place, names: FlowNames, written: Written): Option[] {
  const key = place.path.at(-1);
  const parent = place.path.at(-2);
  const found: Option[] = [];
  if (typeof key === "string" && ((NODE_KEYS.test(key) && !(key === "open" && parent === "tests")) || parent === "cases")) {
    found.push(...written.nodes.map((node) => option(node, "node", "")));
  }
  const table = key === "queue" || key === "overflow_queue" ? names.queues : key === "hours" ? names.hours : key === "flow" ? names.flows : key === "switch" ? names.emergencies : null;
  if (table) found.push(...Object.entries(table).map(([id, name]) => option(id, "name", shown(name))));
  for (const one of at) {
    for (const value of one.enum ?? (one.const !== undefined ? [one.const] : [])) if (value !== "") found.push(option(String(value), "value", key === "type" ? typeDescription(root, place, String(value)) : ""));
    if (one.type === "boolean") found.push(option("true", "value", ""), option("false", "value", ""));
  }
  return unique(found);
}

function typeDescription(root: Schema, place: Place, type: string): string {
  for (const variant of resolveAll(root, schemasAlong(root, place.path.slice(0, -1)))) {
    const value = variant.properties?.type;
    if (value && (value.const === type || value.enum?.includes(type))) return variant.description?.split("\n")[0] ?? "";
  }
  return "";
}

function option(label: string, kind: Option["kind"], detail: string): Option {
  return { label, kind, detail, apply: label };
}

function unique(options: Option[]): Option[] {
  const seen = new Set<string>();
  return options.filter((one) => !seen.has(one.label) && seen.add(one.label));
}

function shown(name: FlowNames["queues"][string]): string {
  return typeof name === "string" ? name : Object.values(name).join(" · ");
}

// -- walking the schema --------------------------------------------------------------------------------

/** The schemas that hold at a place, where a node's `type` decides between several. */
function schemasAt(root: Schema, place: Place, written: Written): Schema[] {
  let at = resolve(root, root);
  place.path.forEach((part, index) => {
    const type = index === place.path.length - 1 && place.writing === "value" ? place.siblings.type ?? "" : written.typeOf(place.path.slice(0, index));
    at = resolveAll(root, ofType(at, type).flatMap((one) => step(one, part)));
  });
  return place.writing === "key" ? ofType(at, place.siblings.type ?? "") : at;
}

function schemasAlong(root: Schema, path: readonly (string | number)[]): Schema[] {
  let at = resolve(root, root);
  for (const part of path) at = resolveAll(root, at.flatMap((one) => step(one, part)));
  return at;
}

function step(schema: Schema, part: string | number): Schema[] {
  if (typeof part === "number") return schema.items ? [schema.items] : [];
  const own = schema.properties?.[part];
  if (own) return [own];
  const matching = Object.entries(schema.patternProperties ?? {}).filter(([pattern]) => new RegExp(pattern).test(part));
  if (matching.length > 0) return matching.map(([, value]) => value);
  return typeof schema.additionalProperties === "object" ? [schema.additionalProperties] : [];
}

/** Of several node types, the one that is written. While none is, all. */
function ofType(schemas: Schema[], type: string): Schema[] {
  const fitting = schemas.filter((one) => {
    const value = one.properties?.type;
    return value !== undefined && (value.const === type || value.enum?.includes(type));
  });
  return fitting.length > 0 ? fitting : schemas;
}

function resolveAll(root: Schema, schemas: Schema[]): Schema[] {
  return schemas.flatMap((one) => resolve(root, one));
}

function resolve(root: Schema, schema: Schema, depth = 0): Schema[] {
  if (depth > 12) return [];
  if (schema.$ref) {
    const target = root.$defs?.[schema.$ref.replace("#/$defs/", "")];
    return target ? resolve(root, target, depth + 1) : [];
  }
  const several = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  return several ? several.flatMap((one) => resolve(root, one, depth + 1)) : [schema];
}

function describe(root: Schema, schema: Schema): string {
  return schema.description ?? resolve(root, schema)[0]?.description?.split("\n")[0] ?? "";
}
