/** A flow being edited: its text, what the checker says of it, and its picture, both a moment behind the typing. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { api } from "../../api/endpoints";
import type { HeatPeriod, Problem } from "../../api/types";
import { language } from "../../i18n";
import { showError } from "../../ui/messages";

const PAUSE_MS = 350;

export interface Draft {
  problems: readonly Problem[];
  broken: boolean;
  checking: boolean;
  svg: string;
  entered: number;
  /** The picture is of an earlier text, as the newest has errors. */
  old: boolean;
}

const NOTHING: Draft = { problems: [], broken: false, checking: true, svg: "", entered: 0, old: false };

/** `look` is to be called with each new text; `at once` skips the pause. */
export function useDraft(flow: string, heat: HeatPeriod): { draft: Draft; look: (text: string, atOnce?: boolean) => void } {
  const [draft, setDraft] = useState(NOTHING);
  const turn = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout>>();
  const seen = useRef<string | null>(null);
  const lang = language.value;

  const ask = useCallback(
    async (text: string) => {
      const mine = ++turn.current;
      const late = () => mine !== turn.current;
      setDraft((before) => ({ ...before, checking: true }));
      try {
        const { problems } = await api.checkFlow(flow, text);
        if (late()) return;
        const broken = problems.some((problem) => problem.severity === "error");
        setDraft((before) => ({ ...before, problems, broken, checking: false, old: broken && before.svg !== "" }));
        if (broken) return;
        const { svg, entered } = await api.drawFlow(flow, text, lang, heat);
        if (!late()) setDraft((before) => ({ ...before, svg, entered, old: false }));
      } catch (error) {
        if (late()) return;
        setDraft((before) => ({ ...before, checking: false }));
        showError(error);
      }
    },
    [flow, heat, lang],
  );

  const look = useCallback(
    (text: string, atOnce = false) => {
      seen.current = text;
      clearTimeout(timer.current);
      timer.current = setTimeout(() => void ask(text), atOnce ? 0 : PAUSE_MS);
    },
    [ask],
  );
  useEffect(() => {
    if (seen.current !== null) look(seen.current, true); // another language or other counts
    return () => clearTimeout(timer.current);
  }, [look]);
  useEffect(() => () => void (turn.current += 1), []);
  return { draft, look };
}
