/** A pretended call: what the caller would hear, with keys to press and words to say. */

import { useEffect, useRef, useState } from "preact/hooks";

import { ApiError } from "../../api/client";
import { api } from "../../api/endpoints";
import type { FlowNames, FlowOpened, Lang, Rehearsal } from "../../api/types";
import { language as readersLanguage, LANGUAGES, OWN_NAMES, pick, t, tWord } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { explain } from "../../ui/messages";
import { localTime, pretended } from "./pretended";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
/** What may come of waiting for something other than the caller. */
const OTHERS: Record<string, readonly string[]> = {
  queue: ["served", "max_wait", "callback", "voicemail"],
  transfer: ["talked", "busy", "no_answer"],
};

interface Props {
  flow: string;
  text: string;
  broken: boolean;
  names: FlowNames | null;
  numbers: FlowOpened["numbers"];
  light: (node: string) => void;
  close: () => void;
}

export function Rehearse({ flow, text, broken, names, numbers, light, close }: Props) {
  const [at, setAt] = useState(() => localTime(Date.now() / 1000));
  const [ani, setAni] = useState("13800138000");
  const [did, setDid] = useState(numbers[0]?.did ?? "");
  const [language, setLanguage] = useState<Lang | "">("");
  const reader = readersLanguage.value;
  const [emergencies, setEmergencies] = useState<string[]>([]);
  const [inputs, setInputs] = useState<string[]>([]);
  const [told, setTold] = useState<Rehearsal | null>(null);
  const [failure, setFailure] = useState("");
  const [said, setSaid] = useState("");
  const turn = useRef(0);
  const end = useRef<HTMLLIElement>(null);

  useEffect(() => {
    if (broken) return;
    const mine = ++turn.current;
    const timer = setTimeout(() => {
      const wish = { id: flow, text, language, at: pretended(at), ani, did, notes_in: reader, emergencies, inputs };
      api.rehearseFlow(wish).then(
        (answer) => {
          if (mine !== turn.current) return;
          setTold(answer);
          setFailure("");
          light(answer.node);
        },
        (error: unknown) => {
          if (mine === turn.current && !(error instanceof ApiError && error.code === "flow_broken")) setFailure(explain(error));
        },
      );
    }, 250);
    return () => clearTimeout(timer);
  }, [flow, text, broken, language, reader, at, ani, did, emergencies, inputs]);
  useEffect(() => end.current?.scrollIntoView({ block: "nearest" }), [told]);
  useEffect(() => () => light(""), []);

  const waits = told?.waits_for ?? "";
  const over = told !== null && waits === "";
  const press = (input: string) => !over && setInputs((before) => [...before, input]);
  const speak = (event: Event) => {
    event.preventDefault();
    const words = said.trim();
    if (!words) return;
    press(waits === "http" ? `http ${words}` : `say ${words}`);
    setSaid("");
  };
  return (
    <section class="rehearse" aria-label={t("flow.rehearse")} data-testid="rehearse">
      <header>
        <h3>{t("flow.rehearse")}</h3>
        <span class="grow" />
        <button type="button" class="button small-button" data-testid="rehearse-again" onClick={() => setInputs([])}>
          <Icon name="refresh" size={14} />
          {t("rehearse.again")}
        </button>
        <button type="button" class="icon-button" aria-label={t("common.close")} onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <details class="rehearse-setting">
        <summary>
          <span class="num">{at.replace("T", " ")}</span> · <span class="num">{ani || t("common.withheld")}</span>
        </summary>
        <div class="rehearse-fields">
          <label>
            <span>{t("rehearse.at")}</span>
            <input type="datetime-local" value={at} data-testid="rehearse-at" onInput={(event) => event.currentTarget.value && setAt(event.currentTarget.value)} />
          </label>
          <label>
            <span>{t("rehearse.ani")}</span>
            <input class="num" value={ani} data-testid="rehearse-ani" onInput={(event) => setAni(event.currentTarget.value.trim())} />
          </label>
          {numbers.length > 0 && (
            <label>
              <span>{t("rehearse.did")}</span>
              <select value={did} onChange={(event) => setDid(event.currentTarget.value)}>
                {numbers.map((number) => (
                  <option key={number.did} value={number.did}>{`${number.did} ${pick(number.name)}`}</option>
                ))}
              </select>
            </label>
          )}
          <label>
            <span>{t("rehearse.language")}</span>
            <select value={language} onChange={(event) => setLanguage(event.currentTarget.value as Lang | "")}>
              <option value="">{t("rehearse.language.own")}</option>
              {LANGUAGES.map((one) => (
                <option key={one} value={one}>{OWN_NAMES[one]}</option>
              ))}
            </select>
          </label>
          {Object.entries(names?.emergencies ?? {}).map(([id, name]) => (
            <label key={id} class="switch">
              <input type="checkbox" checked={emergencies.includes(id)} onChange={(event) => setEmergencies(event.currentTarget.checked ? [...emergencies, id] : emergencies.filter((one) => one !== id))} />
              {pick(name) || id}
            </label>
          ))}
        </div>
      </details>
      {(broken || failure) && <p class="rehearse-broken">{broken ? t("rehearse.broken") : failure}</p>}
      <ol class="transcript" aria-live="polite" data-testid="transcript">
        {told?.lines.map((line, index) => (
          <li key={index} class={`said-${line.who}`} title={line.node}>
            {line.text}
          </li>
        ))}
        {over && told.outcome && <li class="said-end">{t("rehearse.end")}</li>}
        <li ref={end} aria-hidden="true" />
      </ol>
      <p class="rehearse-waits faint small" data-testid="rehearse-waits" data-waits={waits}>
        {told && tWord("rehearse.waits", waits || "end")}
      </p>
      {OTHERS[waits] ? (
        <div class="rehearse-others">
          {OTHERS[waits]?.map((what) => (
            <button type="button" key={what} class="button small-button" onClick={() => press(what)}>
              {t(`rehearse.${what as "served"}`)}
            </button>
          ))}
        </div>
      ) : (
        <form class="rehearse-say" onSubmit={speak}>
          <input value={said} disabled={over} placeholder={t(waits === "http" ? "rehearse.http" : "rehearse.say")} data-testid="rehearse-say" onInput={(event) => setSaid(event.currentTarget.value)} />
          <button type="submit" class="button small-button" disabled={over || !said.trim()}>
            {t("rehearse.send")}
          </button>
        </form>
      )}
      <div class="keypad">
        {KEYS.map((key) => (
          <button type="button" key={key} disabled={over} data-testid={`key-${key}`} onClick={() => press(key)}>
            {key}
          </button>
        ))}
        <button type="button" class="keypad-wide" disabled={over} onClick={() => press("silence")}>
          {t("rehearse.silence")}
        </button>
        <button type="button" class="keypad-wide hang" disabled={over} onClick={() => press("hangup")}>
          <Icon name="hangup" size={16} />
          {t("desk.hangUp")}
        </button>
      </div>
    </section>
  );
}
