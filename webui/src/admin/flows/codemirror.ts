/**
 * The text editor, in a chunk of its own that is loaded when a flow is opened.
 *
 * It lives in a shadow root: there its styles are constructed sheets, which the pages' policy allows, while it
 * would write a <style> element into the document, which the policy forbids.
 */

import { autocompletion, type CompletionContext, completionKeymap, type CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, codeFolding, foldGutter, foldKeymap, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, nextDiagnostic, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorSelection, EditorState, type Extension, Prec, RangeSetBuilder } from "@codemirror/state";
import {
  Decoration, type DecorationSet, drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter,
  highlightSpecialChars, keymap, lineNumbers, ViewPlugin, type ViewUpdate,
} from "@codemirror/view"; // prettier-ignore
import { tags } from "@lezer/highlight";

import type { Lang, Problem } from "../../api/types";
import { hintOf, messageOf } from "../words";
import type { Option } from "./complete";
import { type Place, placeAt } from "./place";

export interface EditorHooks {
  changed: (text: string) => void;
  /** The line the cursor went to, from 0. */
  moved: (row: number) => void;
  save: () => void;
  check: () => void;
  complete: (place: Place, lines: readonly string[]) => Option[];
}

export interface Editor {
  text: () => string;
  setText: (text: string) => void;
  setProblems: (problems: readonly Problem[]) => void;
  /** Line and column from 1. */
  jump: (line: number, column: number) => void;
  setLanguage: (language: Lang) => void;
  focus: () => void;
  destroy: () => void;
}

const CHINESE = {
  Find: "查找", Replace: "替换为", next: "下一个", previous: "上一个", all: "全部", "match case": "区分大小写", regexp: "正则",
  "by word": "整词", replace: "替换", "replace all": "全部替换", close: "关闭", "current match": "当前匹配", "on line": "在第",
  "replaced $ matches": "已替换 $ 处", "replaced match on line $": "已替换第 $ 行", "Folded lines": "已折叠的行", "Unfolded lines": "已展开的行",
  "folded code": "已折叠的内容", unfold: "展开", "Fold line": "折叠", "Unfold line": "展开", "Completions": "补全", "No diagnostics": "没有问题",
  "Diagnostics": "问题", "Control character": "控制字符",
}; // prettier-ignore

export function createEditor(host: HTMLElement, text: string, language: Lang, hooks: EditorHooks): Editor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  root.replaceChildren();
  const phrases = new Compartment();
  const breaks = new Compartment();
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        breaks.of(lineBreaks(text)),
        phrases.of(EditorState.phrases.of(language === "zh-CN" ? CHINESE : {})),
        keys(hooks),
        basics(),
        autocompletion({ override: [completions(hooks)], icons: false, maxRenderedOptions: 60 }),
        EditorView.updateListener.of((update) => tell(update, hooks)),
      ],
    }),
  });
  const jump = (line: number, column: number) => {
    const at = offset(view.state, Math.max(1, line), column);
    view.dispatch({ selection: EditorSelection.cursor(at), effects: EditorView.scrollIntoView(at, { y: "center" }) });
    view.focus();
  };
  return {
    text: () => view.state.sliceDoc(),
    setText: (changed) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: changed }, effects: breaks.reconfigure(lineBreaks(changed)) }),
    setProblems: (problems) => view.dispatch(setDiagnostics(view.state, problems.map((one) => mark(view.state, one)))),
    jump,
    setLanguage: (chosen) => view.dispatch({ effects: phrases.reconfigure(EditorState.phrases.of(chosen === "zh-CN" ? CHINESE : {})) }),
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}

/** A file keeps the line breaks it has. */
function lineBreaks(text: string): Extension {
  return text.includes("\r\n") ? EditorState.lineSeparator.of("\r\n") : [];
}

function tell(update: ViewUpdate, hooks: EditorHooks): void {
  if (update.docChanged) hooks.changed(update.state.sliceDoc());
  if (update.docChanged || update.selectionSet) hooks.moved(update.state.doc.lineAt(update.state.selection.main.head).number - 1);
}

function keys(hooks: EditorHooks): Extension {
  const run = (work: () => void) => () => {
    work();
    return true;
  };
  return [
    Prec.highest(keymap.of([
      { key: "Mod-s", run: run(hooks.save), preventDefault: true },
      { key: "Mod-Enter", run: (view) => { hooks.check(); return nextDiagnostic(view) || true; }, preventDefault: true },
    ])),
    keymap.of([...completionKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, indentWithTab]),
  ];
} // prettier-ignore

function basics(): Extension {
  return [
    lineNumbers(),
    lintGutter(),
    codeFolding(),
    foldGutter({ openText: "⌄", closedText: "›" }),
    highlightSpecialChars(),
    history(),
    drawSelection(),
    indentOnInput(),
    indentUnit.of("  "),
    EditorState.tabSize.of(2),
    bracketMatching(),
    EditorView.lineWrapping,
    hanging,
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    search({ top: true }),
    yaml(),
    syntaxHighlighting(colours),
    look,
  ];
}

function completions(hooks: EditorHooks): (context: CompletionContext) => CompletionResult | null {
  return (context) => {
    const line = context.state.doc.lineAt(context.pos);
    const lines = context.state.doc.toString().split("\n");
    const place = placeAt(lines, line.number - 1, context.pos - line.from);
    if (!place) return null;
    if (!context.explicit && place.word === "" && place.writing === "key") return null;
    const options = hooks.complete(place, lines);
    if (options.length === 0) return null;
    return {
      from: line.from + place.from,
      options: options.map((one, index) => ({
        label: one.label,
        apply: one.apply,
        detail: one.detail.length > 46 ? `${one.detail.slice(0, 45)}…` : one.detail,
        info: one.detail.length > 46 ? one.detail : undefined,
        type: one.kind,
        boost: -index / 10,
      })),
      validFor: /^[\w*#-]*$/,
    };
  };
}

// -- problems ------------------------------------------------------------------------------------------

function offset(state: EditorState, line: number, column: number): number {
  const found = state.doc.line(Math.min(line, state.doc.lines));
  // The checker counts characters; the editor counts halves of those beyond the basic plane.
  const before = [...found.text].slice(0, Math.max(0, column - 1)).join("").length;
  return found.from + Math.min(before, found.length);
}

function mark(state: EditorState, problem: Problem): Diagnostic {
  const from = offset(state, Math.max(1, problem.line), problem.column);
  const line = state.doc.lineAt(from);
  const word = /^[^\s,}\]]+/.exec(line.text.slice(from - line.from))?.[0] ?? "";
  const to = Math.min(line.to, from + Math.max(1, word.length));
  return {
    from: from === to ? line.from : from,
    to,
    severity: problem.severity,
    message: problem.hint ? `${messageOf(problem)}\n${hintOf(problem)}` : messageOf(problem),
  };
}

// -- looks ---------------------------------------------------------------------------------------------

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)", fontWeight: "600" },
  { tag: tags.string, color: "var(--ink)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--violet)" },
  { tag: tags.comment, color: "var(--ink-3)", fontStyle: "italic" },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: "var(--ink-3)" },
  { tag: [tags.meta, tags.keyword, tags.labelName, tags.typeName], color: "var(--blue)" },
]);

const DEEPEST = 24;
const hangs = Object.fromEntries(
  Array.from({ length: DEEPEST }, (_, at) => at + 1).map((depth) => [
    `.cm-line.cm-hang-${depth}`,
    { paddingLeft: `calc(${depth + 2}ch + 6px)`, textIndent: `-${depth + 2}ch` },
  ]),
);

/** What does not fit into a line goes on below its own beginning. Classes, as the pages' policy knows no inline styles. */
function hangingLines(view: EditorView): DecorationSet {
  const lines = new RangeSetBuilder<Decoration>();
  for (const { from, to } of view.visibleRanges) {
    for (let at = from; at <= to; ) {
      const line = view.state.doc.lineAt(at);
      const depth = Math.min(DEEPEST - 2, line.text.length - line.text.trimStart().length) || 1;
      lines.add(line.from, line.from, Decoration.line({ class: `cm-hang-${depth}` }));
      at = line.to + 1;
    }
  }
  return lines.finish();
}

const hanging = ViewPlugin.define(
  (view) => ({
    lines: hangingLines(view),
    update(update: ViewUpdate) {
      if (update.docChanged || update.viewportChanged) this.lines = hangingLines(update.view);
    },
  }),
  { decorations: (plugin) => plugin.lines },
);

const dot = { content: "''", width: "9px", height: "9px", marginTop: "5px", borderRadius: "50%" };
const look = EditorView.theme({
  "&": { height: "100%", color: "var(--ink)", backgroundColor: "var(--surface)", fontSize: "13px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", scrollbarWidth: "thin" },
  ".cm-content": { padding: "8px 0", caretColor: "var(--ink)" },
  ".cm-line": { padding: "0 10px 0 6px" },
  ...hangs,
  ".cm-gutters": { backgroundColor: "var(--surface-2)", color: "var(--ink-3)", border: "0", borderRight: "1px solid var(--line)" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--accent-soft) 45%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--accent-soft)", color: "var(--accent)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--focus) 28%, transparent)" },
  ".cm-selectionMatch": { backgroundColor: "var(--amber-soft)" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--accent-soft)", outline: "1px solid var(--focus)" },
  ".cm-foldGutter .cm-gutterElement": { padding: "0 4px", cursor: "pointer" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--sunken)", border: "0", color: "var(--ink-3)", padding: "0 6px" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--rose-line)", textUnderlineOffset: "3px" },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline wavy var(--amber-line)", textUnderlineOffset: "3px" },
  ".cm-gutter-lint": { width: "15px" },
  ".cm-gutter-lint .cm-gutterElement": { padding: "0 0 0 4px" },
  ".cm-lint-marker": { width: "9px", height: "9px" },
  ".cm-lint-marker-error": { ...dot, backgroundColor: "var(--rose-line)" },
  ".cm-lint-marker-warning": { ...dot, backgroundColor: "var(--amber-line)" },
  ".cm-tooltip": { zIndex: "50", maxWidth: "min(460px, 80vw)", border: "1px solid var(--line)", borderRadius: "8px", backgroundColor: "var(--surface)", color: "var(--ink)", boxShadow: "var(--shadow-2)", overflow: "hidden" },
  ".cm-diagnostic": { padding: "7px 12px", whiteSpace: "pre-wrap", fontFamily: "var(--font)", fontSize: "13px" },
  ".cm-diagnostic-error": { borderLeft: "4px solid var(--rose-line)" },
  ".cm-diagnostic-warning": { borderLeft: "4px solid var(--amber-line)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", fontSize: "12.5px", maxHeight: "15em" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "3px 10px", lineHeight: "1.5" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent-soft)", color: "var(--ink)" },
  ".cm-completionDetail": { fontFamily: "var(--font)", fontStyle: "normal", color: "var(--ink-3)", marginLeft: "12px" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700", color: "var(--accent)" },
  ".cm-tooltip.cm-completionInfo": { padding: "7px 11px", fontFamily: "var(--font)", fontSize: "12.5px" },
  ".cm-panels": { backgroundColor: "var(--surface-2)", color: "var(--ink)" },
  ".cm-panels.cm-panels-top": { borderBottom: "1px solid var(--line)" },
  ".cm-panel.cm-search": { padding: "7px 30px 7px 10px", fontFamily: "var(--font)" },
  ".cm-textfield": { border: "1px solid var(--line-strong)", borderRadius: "6px", padding: "3px 8px", backgroundColor: "var(--surface)", color: "var(--ink)", fontSize: "12.5px" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--surface)", border: "1px solid var(--line-strong)", borderRadius: "6px", padding: "3px 9px", color: "var(--ink)", fontSize: "12.5px" },
  ".cm-panel.cm-search [name=close]": { color: "var(--ink-2)", fontSize: "16px" },
});
