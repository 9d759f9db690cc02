/** The text editor as a component. Its code is loaded when it is first shown. */

import { useEffect, useRef } from "preact/hooks";

import type { Problem } from "../../api/types";
import { language, t } from "../../i18n";
import { showError } from "../../ui/messages";
import type { Editor, EditorHooks } from "./codemirror";

interface Props {
  text: string;
  problems: readonly Problem[];
  hooks: EditorHooks;
  ready: (editor: Editor) => void;
}

/** `text` is what the editor begins with; later changes go through the editor given to `ready`. */
export function CodeEditor({ text, problems, hooks, ready }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor | null>(null);
  const newest = useRef({ hooks, problems });
  newest.current = { hooks, problems };

  useEffect(() => {
    let gone = false;
    void import("./codemirror").then(({ createEditor }) => {
      if (gone || !host.current) return;
      editor.current = createEditor(host.current, text, language.value, {
        changed: (changed) => newest.current.hooks.changed(changed),
        moved: (row) => newest.current.hooks.moved(row),
        save: () => newest.current.hooks.save(),
        check: () => newest.current.hooks.check(),
        complete: (place, lines) => newest.current.hooks.complete(place, lines),
      });
      editor.current.setProblems(newest.current.problems);
      editor.current.focus();
      ready(editor.current);
    }, showError);
    return () => {
      gone = true;
      editor.current?.destroy();
      editor.current = null;
    };
  }, []);
  useEffect(() => editor.current?.setLanguage(language.value), [language.value]);
  useEffect(() => editor.current?.setProblems(problems), [problems, language.value]);
  return <div class="code-editor" ref={host} role="group" aria-label={t("flow.text")} data-testid="flow-text" />;
}
