/** One flow: its text, its picture, a pretended call through it, and what it was before. */

import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";

import { ApiError } from "../../api/client";
import { api } from "../../api/endpoints";
import type { FlowNames, FlowOpened, HeatPeriod } from "../../api/types";
import { pick, t } from "../../i18n";
import { when } from "../../i18n/format";
import { problemsVersion } from "../../live/live";
import { go, href } from "../../shell/router";
import { Icon } from "../../ui/Icon";
import { showError, toast } from "../../ui/messages";
import { Problem, Spinner } from "../../ui/parts";
import { useLoad } from "../../ui/useLoad";
import { author } from "./author";
import { CodeEditor } from "./CodeEditor";
import type { Editor } from "./codemirror";
import { complete, type Schema } from "./complete";
import { Picture } from "./Picture";
import { nodeAt, nodeLines, type Place } from "./place";
import { ProblemList } from "./ProblemList";
import { Rehearse } from "./Rehearse";
import { useDraft } from "./useDraft";
import { Versions } from "./Versions";

/** Texts not saved yet, kept while the page shows something else. */
const unsaved = new Map<string, { text: string; base: string }>();

export function FlowPage({ flow }: { flow: string }) {
  const opened = useLoad(() => api.flow(flow), [flow]);
  const schema = useLoad(() => api.flowSchema(), []);
  if (opened.error) return <Problem error={opened.error} retry={opened.reload} />;
  if (!opened.value) {
    return (
      <div class="curtain">
        <Spinner />
      </div>
    );
  }
  return <Desk key={flow} opened={opened.value} schema={schema.value} />;
}

type Side = "" | "rehearse" | "versions";

function Desk({ opened, schema }: { opened: FlowOpened; schema: { schema: object; names: FlowNames } | null }) {
  const id = opened.id;
  const kept = useRef(unsaved.get(id));
  const [flow, setFlow] = useState(opened);
  const [base, setBase] = useState(kept.current?.base ?? opened.base_version);
  const [saved, setSaved] = useState(opened.text);
  const [text, setText] = useState(kept.current?.text ?? opened.text);
  const [side, setSide] = useState<Side>("");
  const [heat, setHeat] = useState<HeatPeriod>("");
  const [current, setCurrent] = useState("");
  const [lit, setLit] = useState("");
  const [working, setWorking] = useState(false);
  const editor = useRef<Editor | null>(null);
  const { draft, look } = useDraft(id, heat);
  const dirty = text !== saved;
  const conflict = flow.base_version !== base;

  useEffect(() => look(text, true), []);
  useEffect(() => {
    if (dirty) unsaved.set(id, { text, base });
    else unsaved.delete(id);
    const warn = (event: BeforeUnloadEvent) => dirty && event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [dirty, text, base]);

  const take = useCallback((newest: FlowOpened) => {
    setFlow(newest);
    setBase(newest.base_version);
    setSaved(newest.text);
    setText(newest.text);
    editor.current?.setText(newest.text);
  }, []);
  // What is on disk or in force changed: somebody saved, perhaps we.
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    api.flow(id).then((newest) => {
      if (newest.base_version !== base && !dirty) take(newest);
      else setFlow(newest);
    }, showError);
  }, [problemsVersion.value]);

  const save = async (onto = base) => {
    if (working) return;
    setWorking(true);
    try {
      const answer = await api.saveFlow(id, text, onto);
      if (answer.saved) {
        setBase(answer.base_version);
        setSaved(text);
        setFlow((before) => ({ ...before, base_version: answer.base_version }));
        toast("good", t("flow.saved"));
      } else {
        look(text, true);
        toast("error", t("flow.notSaved"));
      }
    } catch (error) {
      if (error instanceof ApiError && error.code === "flow_changed") setFlow(await api.flow(id));
      else showError(error);
    } finally {
      setWorking(false);
    }
  };
  const jump = (line: number, column: number) => editor.current?.jump(line, column);
  const toNode = (node: string) => {
    const row = nodeLines((editor.current?.text() ?? text).split(/\r?\n/)).get(node);
    if (row !== undefined) jump(row + 1, 1);
  };
  const completion = useMemo(() => completer(schema), [schema]);
  const hooks = {
    changed: (changed: string) => {
      setText(changed);
      look(changed);
    },
    moved: (row: number) => setCurrent(nodeAt((editor.current?.text() ?? text).split(/\r?\n/), row)),
    save: () => void save(),
    check: () => look(editor.current?.text() ?? text, true),
    complete: completion,
  };
  const open = (wanted: Side) => {
    setSide(side === wanted ? "" : wanted);
    setLit("");
  };

  return (
    <div class="flow-page" data-testid="flow-page">
      <header class="flow-head">
        <a class="icon-button" href={href("admin", "flows")} aria-label={t("flow.back")} title={t("flow.back")}>
          <Icon name="left" />
        </a>
        <div class="flow-title">
          <h2 class="clip">{pick(flow.name) || id}</h2>
          <span class="faint small clip">
            <span class="mono">{id}.yaml</span>
            {flow.version && (
              <>
                {" · "}
                {t("admin.inForce")} <span class="mono" data-testid="flow-version">{flow.version}</span>
                {flow.at !== null && ` · ${when(flow.at)} · ${author(flow.by)}`}
              </>
            )}
            {!flow.version && ` · ${t("flows.notInForce")}`}
          </span>
        </div>
        <span class="grow" />
        {dirty && <span class="badge tone-warm" data-testid="flow-unsaved">{t("flow.unsaved")}</span>}
        <button type="button" class="button" aria-pressed={side === "rehearse"} data-testid="flow-rehearse" onClick={() => open("rehearse")}>
          <Icon name="phone" size={16} />
          {t("flow.rehearse")}
        </button>
        <button type="button" class="button" aria-pressed={side === "versions"} data-testid="flow-versions" onClick={() => open("versions")}>
          <Icon name="clock" size={16} />
          {t("flow.versions")}
        </button>
        <Remove flow={flow} />
        <button type="button" class="button primary" disabled={working || !dirty || draft.broken} data-testid="flow-save" onClick={() => void save()}>
          {t("common.save")}
          <kbd>Ctrl S</kbd>
        </button>
      </header>
      {conflict && (
        <div class="notice" role="alert" data-testid="flow-conflict">
          <Icon name="alert" />
          <span>{t("flow.conflict")}</span>
          <button type="button" class="link" onClick={() => open("versions")}>
            {t("flow.conflict.compare")}
          </button>
          <button type="button" class="link" data-testid="flow-take" onClick={() => api.flow(id).then(take, showError)}>
            {t("flow.conflict.take")}
          </button>
          <button type="button" class="link" data-testid="flow-overwrite" onClick={() => void save(flow.base_version)}>
            {t("flow.conflict.overwrite")}
          </button>
        </div>
      )}
      <div class={side ? `flow-body with-${side}` : "flow-body"}>
        <div class="flow-write">
          <CodeEditor text={text} problems={draft.problems} hooks={hooks} ready={(made) => (editor.current = made)} />
          <ProblemList problems={draft.problems} checking={draft.checking} jump={(problem) => jump(Math.max(1, problem.line), Math.max(1, problem.column))} />
        </div>
        {side !== "versions" && (
          <Picture svg={draft.svg} old={draft.old} current={lit ? "" : current} lit={lit} heat={heat} entered={draft.entered} chooseHeat={setHeat} choose={toNode} />
        )}
        {side === "rehearse" && <Rehearse flow={id} text={text} broken={draft.broken} names={schema?.names ?? null} numbers={flow.numbers} light={setLit} close={() => open("")} />}
        {side === "versions" && <Versions flow={flow} base={base} dirty={dirty} taken={take} close={() => open("")} />}
      </div>
    </div>
  );
}

/** Completion needs the type of the node it is in, and the nodes there are. */
function completer(schema: { schema: object; names: FlowNames } | null) {
  return (place: Place, lines: readonly string[]) => {
    if (!schema) return [];
    const nodes = nodeLines(lines);
    const typeOf = (path: readonly (string | number)[]) => {
      const at = path[0] === "nodes" && path.length === 2 ? nodes.get(String(path[1])) : undefined;
      if (at === undefined) return "";
      const end = [...nodes.values()].find((row) => row > at) ?? lines.length;
      return /^\s+[^\n]*?\btype:\s*["']?(\w+)/m.exec(lines.slice(at, end).join("\n").replace(/^/, " "))?.[1] ?? "";
    };
    return complete(schema.schema as Schema, schema.names, place, { nodes: [...nodes.keys()], typeOf });
  };
}

/** Asks once more, in place. A flow that something leads to can not be removed. */
function Remove({ flow }: { flow: FlowOpened }) {
  const [sure, setSure] = useState(false);
  if (flow.numbers.length > 0) return null;
  if (!sure) {
    return (
      <button type="button" class="icon-button" aria-label={t("flow.remove")} title={t("flow.remove")} data-testid="flow-remove" onClick={() => setSure(true)}>
        <Icon name="trash" />
      </button>
    );
  }
  const remove = async () => {
    try {
      await api.deleteFlow(flow.id);
      unsaved.delete(flow.id);
      go("admin", "flows");
      toast("good", t("flow.removed", { flow: flow.id }));
    } catch (error) {
      setSure(false);
      showError(error);
    }
  };
  return (
    <span class="flow-sure">
      {t("flow.remove.sure")}
      <button type="button" class="button small-button" onClick={() => setSure(false)}>
        {t("common.cancel")}
      </button>
      <button type="button" class="button small-button danger" data-testid="flow-remove-sure" onClick={() => void remove()}>
        {t("flow.remove")}
      </button>
    </span>
  );
}
