/** Call-backs in place: who has hung up and keeps his place in line, and a form to ask for one. */

import { useEffect, useState } from "preact/hooks";

import { api } from "../api/endpoints";
import type { CallbackInPlace } from "../api/types";
import { pick, t, tWord } from "../i18n";
import { phoneNumber, spoken, when } from "../i18n/format";
import { agentName, center, queueName } from "../shell/session";
import { href } from "../shell/router";
import { Icon } from "../ui/Icon";
import { showError } from "../ui/messages";
import { Avatar } from "../ui/parts";
import { useLoad } from "../ui/useLoad";

/** Places move while one looks at them. */
const REFRESH_MS = 3000;

export function InPlace() {
  const loaded = useLoad(async () => (await api.callbacks()).in_place, []);
  useEffect(() => {
    const timer = setInterval(loaded.reload, REFRESH_MS);
    return () => clearInterval(timer);
  }, [loaded.reload]);
  const places = loaded.value ?? [];
  return (
    <section class="in-place" aria-label={t("inPlace.title")}>
      <header class="in-place-head">
        <h2>
          {t("inPlace.title")} <span class="faint num">{places.length}</span>
        </h2>
        <AskFor done={loaded.reload} />
      </header>
      {places.length > 0 && (
        <ul class="follow-list in-place-list">
          {places.map((place) => (
            <Row key={place.call_id} place={place} done={loaded.reload} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Row({ place, done }: { place: CallbackInPlace; done: () => void }) {
  const name = place.name || phoneNumber(place.number);
  const cancel = () => void api.cancelCallback(place.call_id).then(done, showError);
  return (
    <li class="follow" data-testid="in-place-row">
      <Avatar name={name} />
      <div class="follow-who">
        <span class="clip strong">{name}</span>
        <span class="faint small num">{t("inPlace.since", { time: when(place.since) })}</span>
      </div>
      {place.name && <span class="follow-number num">{phoneNumber(place.number)}</span>}
      <span class="badge tone-plain">{queueName(place.queue)}</span>
      <span class={place.stage === "resting" ? "badge tone-calm" : "badge tone-warm"} data-testid="in-place-stage">
        {stage(place)}
      </span>
      <span class="faint grow">{about(place)}</span>
      <a class="link" href={href("calls", place.call_id)}>
        {t("callbacks.openCall")}
      </a>
      <button type="button" class="button" data-testid={`in-place-cancel-${place.call_id}`} onClick={cancel}>
        {t("common.cancel")}
      </button>
    </li>
  );
}

/** Where it is now. */
function stage(place: CallbackInPlace): string {
  if (place.stage === "in_line") return t("inPlace.position", { position: place.position });
  if (place.stage === "resting" && place.due_at !== null) return t("callbacks.later", { time: when(place.due_at) });
  if (place.stage === "resting") return t("inPlace.stage.resting");
  return t("inPlace.dialing", { agent: agentName(place.agent) });
}

/** How long it may still take, and what was tried. */
function about(place: CallbackInPlace): string {
  const parts = [];
  if (place.estimated_wait !== null) parts.push(t("inPlace.estimate", { time: spoken(place.estimated_wait) }));
  if (place.tries > 0) {
    parts.push(t("inPlace.tries", { tries: place.tries, most: place.tries_at_most }));
    parts.push(tWord("inPlace.result", place.last_result));
  }
  if (place.by !== "caller") parts.push(t("inPlace.by", { by: place.by }));
  return parts.join(" · ");
}

function AskFor({ done }: { done: () => void }) {
  const queues = Object.entries(center.value?.queues ?? {});
  const [number, setNumber] = useState("");
  const [chosen, setChosen] = useState("");
  const queue = chosen || queues[0]?.[0] || "";
  const ask = (event: Event) => {
    event.preventDefault();
    void api.askForCallback({ number, queue }).then(() => {
      setNumber("");
      done();
    }, showError);
  };
  return (
    <form class="in-place-form" onSubmit={ask}>
      <input
        type="tel"
        required
        minLength={3}
        maxLength={40}
        aria-label={t("inPlace.number")}
        placeholder={t("inPlace.number")}
        data-testid="in-place-number"
        value={number}
        onInput={(event) => setNumber(event.currentTarget.value)}
      />
      <select class="pick" aria-label={t("desk.queue")} value={queue} onChange={(event) => setChosen(event.currentTarget.value)}>
        {queues.map(([id, one]) => (
          <option key={id} value={id}>
            {pick(one.name) || id}
          </option>
        ))}
      </select>
      <button type="submit" class="button" data-testid="in-place-ask">
        <Icon name="callbacks" size={16} />
        {t("inPlace.ask")}
      </button>
    </form>
  );
}
