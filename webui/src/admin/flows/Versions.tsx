/** What was in force before: who brought it, what it said, and the way back to it. */

import { useEffect, useState } from "preact/hooks";

import { api } from "../../api/endpoints";
import type { FlowOpened } from "../../api/types";
import { t } from "../../i18n";
import { when } from "../../i18n/format";
import { problemsVersion } from "../../live/live";
import { Icon } from "../../ui/Icon";
import { showError, toast } from "../../ui/messages";
import { Empty, Problem, Segments, Spinner } from "../../ui/parts";
import { useLoad } from "../../ui/useLoad";
import { messageOf } from "../words";
import { author } from "./author";
import { type DiffRow, readDiff, sideBySide } from "./diff";

interface Props {
  flow: FlowOpened;
  base: string;
  dirty: boolean;
  taken: (newest: FlowOpened) => void;
  close: () => void;
}

type Look = "one" | "two";

export function Versions({ flow, base, dirty, taken, close }: Props) {
  const listed = useLoad(() => api.flowVersions(flow.id), [flow.id, problemsVersion.value]);
  const [chosen, setChosen] = useState("");
  const [look, setLook] = useState<Look>("one");
  const versions = listed.value?.versions ?? [];
  const former = versions.find((one) => one.version !== flow.base_version)?.version ?? "";
  const version = versions.some((one) => one.version === chosen) ? chosen : former;
  const diff = useLoad(async () => (version ? await api.flowDiff(flow.id, version, "file") : { diff: "" }), [version, flow.base_version]);
  if (listed.error) return <Problem error={listed.error} retry={listed.reload} />;
  return (
    <section class="flow-versions" aria-label={t("flow.versions")}>
      <header>
        <h3>{t("flow.versions")}</h3>
        <span class="grow" />
        <Segments label={t("flow.diff.look")} value={look} options={(["one", "two"] as const).map((value) => ({ value, text: t(`flow.diff.${value}`) }))} choose={setLook} />
        <button type="button" class="icon-button" aria-label={t("common.close")} onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <ol class="version-list">
        {versions.map((one, index) => (
          <li key={`${one.version}-${one.at}`}>
            <button type="button" aria-pressed={one.version === version} data-testid="version" data-version={one.version} onClick={() => setChosen(one.version)}>
              <span class="mono">{one.version}</span>
              {index === 0 && flow.version === one.version && <span class="badge tone-good">{t("admin.inForce")}</span>}
              <span class="grow" />
              <span class="faint small clip">
                <span class="num">{when(one.at)}</span> · {author(one.by)}
              </span>
            </button>
          </li>
        ))}
      </ol>
      {version && (
        <div class="version-bar">
          <span class="faint small">{t("flow.diff.from", { version })}</span>
          <span class="grow" />
          <PutBack flow={flow} version={version} base={base} dirty={dirty} taken={taken} />
        </div>
      )}
      <div class="version-diff" data-testid="diff">
        {!listed.value || (diff.loading && !diff.value) ? (
          <Spinner />
        ) : version === "" ? (
          <Empty icon="clock" title={t("flow.versions.none")} hint={t("flow.versions.none.hint")} />
        ) : !diff.value?.diff ? (
          <Empty icon="check" title={t("flow.diff.same")} />
        ) : look === "one" ? (
          <One rows={readDiff(diff.value.diff)} />
        ) : (
          <Two rows={readDiff(diff.value.diff)} />
        )}
      </div>
    </section>
  );
}

function PutBack({ flow, version, base, dirty, taken }: Omit<Props, "close"> & { version: string }) {
  const [sure, setSure] = useState(false);
  useEffect(() => setSure(false), [version]);
  if (version === flow.base_version) return <span class="faint small">{t("flow.putBack.current")}</span>;
  const put = async () => {
    try {
      const answer = await api.restoreFlow(flow.id, version, base);
      if (!answer.saved) toast("error", answer.problems[0] ? messageOf(answer.problems[0]) : t("flow.notSaved"));
      else {
        taken(await api.flow(flow.id));
        toast("good", t("flow.putBack.done", { version }));
      }
    } catch (error) {
      showError(error);
    } finally {
      setSure(false);
    }
  };
  if (!sure) {
    return (
      <button type="button" class="button small-button" data-testid="put-back" onClick={() => setSure(true)}>
        {t("flow.putBack")}
      </button>
    );
  }
  return (
    <span class="flow-sure">
      {t(dirty ? "flow.putBack.loses" : "flow.putBack.sure")}
      <button type="button" class="button small-button" onClick={() => setSure(false)}>
        {t("common.cancel")}
      </button>
      <button type="button" class="button small-button primary" data-testid="put-back-sure" onClick={() => void put()}>
        {t("flow.putBack")}
      </button>
    </span>
  );
}

const SIGN = { same: " ", added: "+", removed: "−", gap: "" } as const;

function One({ rows }: { rows: readonly DiffRow[] }) {
  return (
    <table class="diff">
      <tbody>
        {rows.map((row, index) => (
          <tr key={index} class={`diff-${row.kind}`}>
            <td class="diff-number">{row.kind === "gap" ? "⋯" : row.before || ""}</td>
            <td class="diff-number">{row.kind === "gap" ? "" : row.after || ""}</td>
            <td class="diff-sign">{SIGN[row.kind]}</td>
            <td class="diff-text">{row.text}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Two({ rows }: { rows: readonly DiffRow[] }) {
  return (
    <table class="diff diff-two">
      <tbody>
        {sideBySide(rows).map(([old, now], index) => (
          <tr key={index}>
            <td class={`diff-number diff-${old?.kind ?? "none"}`}>{old?.kind === "gap" ? "⋯" : old?.before || ""}</td>
            <td class={`diff-text diff-${old?.kind ?? "none"}`}>{old?.text}</td>
            <td class={`diff-number diff-${now?.kind ?? "none"}`}>{now?.kind === "gap" ? "⋯" : now?.after || ""}</td>
            <td class={`diff-text diff-${now?.kind ?? "none"}`}>{now?.text}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
