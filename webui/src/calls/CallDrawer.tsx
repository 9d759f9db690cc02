/** One call: its facts, its recording and its story. */

import { api } from "../api/endpoints";
import type { CallRow, Score } from "../api/types";
import { rowName } from "../desk/people";
import { t, tWord } from "../i18n";
import { clockTime, count, labelOr, phoneNumber, spoken, when } from "../i18n/format";
import { agentName, dispositionName, may, numberName, queueName, user } from "../shell/session";
import { href } from "../shell/router";
import { Clamp } from "../ui/Clamp";
import { Drawer } from "../ui/Drawer";
import { OutcomeBadge, Problem, Spinner } from "../ui/parts";
import { Player } from "../ui/Player";
import { SaidList } from "../ui/SaidList";
import { useLoad } from "../ui/useLoad";
import { Story } from "./Story";

export function CallDrawer({ id, close }: { id: string; close: () => void }) {
  const loaded = useLoad(() => api.call(id), [id]);
  const answer = loaded.value?.call.id === id ? loaded.value : null;
  return (
    <Drawer label={t("calls.detail")} close={close} head={answer ? <Head call={answer.call} /> : <h2>{t("calls.detail")}</h2>}>
      {loaded.error ? (
        <Problem error={loaded.error} retry={loaded.reload} />
      ) : !answer ? (
        <div class="curtain">
          <Spinner />
        </div>
      ) : (
        <>
          <Facts call={answer.call} />
          {answer.call.has_recording && mayListen(answer.call) && (
            <section class="drawer-section">
              <h3>{t("calls.recording")}</h3>
              <Player key={id} src={api.recordingAddress(id)} length={answer.call.talk_seconds} twoSides />
            </section>
          )}
          {answer.recorded.length > 0 && (
            <section class="drawer-section">
              <h3>{t("calls.recorded")}</h3>
              <SaidList key={id} call={id} said={answer.recorded} />
            </section>
          )}
          {answer.scores.length > 0 && (
            <section class="drawer-section">
              <h3>{t("calls.scores")}</h3>
              <Scores scores={answer.scores} />
            </section>
          )}
          {answer.call.note && (
            <section class="drawer-section">
              <h3>{t("calls.note")}</h3>
              <Clamp text={answer.call.note} lines={5} />
            </section>
          )}
          <section class="drawer-section">
            <h3>{t("calls.story")}</h3>
            <Story lines={answer.story} />
          </section>
        </>
      )}
    </Drawer>
  );
}

function Scores({ scores }: { scores: readonly Score[] }) {
  return (
    <dl class="scores" data-testid="scores">
      {scores.map((one, index) => (
        <div key={index}>
          <dd class="num">{count(one.score)}</dd>
          <dt class="clip" title={one.question}>
            {labelOr(one.label, one.question)}
          </dt>
        </div>
      ))}
    </dl>
  );
}

function mayListen(call: CallRow): boolean {
  return may("supervisor", "inspector", "admin") || (call.agent !== "" && call.agent === user.value?.agent_id);
}

function Head({ call }: { call: CallRow }) {
  return (
    <div class="drawer-who">
      <Clamp text={rowName(call)} class="drawer-title" quiet />
      <div class="drawer-sub">
        <span class="num">{phoneNumber(call.ani) || t("common.withheld")}</span>
        <OutcomeBadge outcome={call.outcome} />
        {call.disposition && <span class="badge tone-plain">{dispositionName(call.disposition)}</span>}
      </div>
    </div>
  );
}

function Facts({ call }: { call: CallRow }) {
  const did = [numberName(call.did), phoneNumber(call.did)].filter(Boolean).join(" · ");
  const facts: [string, string][] = [
    [t("calls.when"), when(call.at)],
    [t("calls.duration"), call.ended_at === null ? t("outcome.running") : spoken(call.ended_at - call.at)],
    [t("calls.wait"), spoken(call.wait_seconds)],
    [t("calls.talk"), clockTime(call.talk_seconds)],
    [t("calls.queue"), queueName(call.queue)],
    [t("calls.agent"), agentName(call.agent)],
    [t("calls.did"), did],
    [t("calls.path"), call.path ? call.path.split(">").join(" › ") : ""],
    [t("calls.language"), call.language ? tWord("language", call.language) : ""],
    [t("calls.flow"), call.flow],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="num">{value || "–"}</dd>
        </div>
      ))}
      <div class="fact-wide">
        <dt>{t("calls.id")}</dt>
        <dd class="mono">{call.id}</dd>
      </div>
      {call.customer_id !== null && (
        <div class="fact-wide">
          <dt>{t("calls.customer")}</dt>
          <dd>
            <a class="link" href={href("customers", call.customer_id)}>
              {call.customer_name || t("desk.customer.open")}
            </a>
          </dd>
        </div>
      )}
    </dl>
  );
}
