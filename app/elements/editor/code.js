// The text as an editor (CodeMirror). It stands in a shadow root: there its styles are adopted style sheets, which a policy
// without inline styles allows, while in the document they would be inline.

import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { EditorView, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";

import { highlighting, theme } from "./theme.js";

const LABEL = "The text of the pipeline. Tab indents; press Escape, then Tab, to leave.";
const SEVERITIES = { mistake: "error", refused: "warning", ignored: "info", simulated: "info", explained: "info" };

// Puts an editor with `text` in the place of `area`, which goes on holding the text for the form.
export function openCode(area, text, { changed, run }) {
  const host = document.createElement("div");
  host.className = "code-editor";
  const root = host.attachShadow({ mode: "open" });
  area.after(host);
  const view = new EditorView({ state: EditorState.create({ doc: text, extensions: extensions(changed, run) }), parent: root, root });
  area.required = false;
  area.hidden = true;
  const label = area.form.querySelector(`label[for="${area.id}"]`);
  label?.addEventListener("click", () => view.focus());
  host.after(hint());
  return new Code(view);
}

// Chromium gives what is typed over coloured text that colour, as an inline style. The page's policy refuses it, and the
// browser complains; so what replaces a selection is put in place here.
const typedOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const plain = event.inputType === "insertText" && event.data !== null && !event.isComposing;
    if (!plain || view.state.selection.main.empty) return false;
    event.preventDefault();
    view.dispatch(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
    return true;
  },
});

function extensions(changed, run) {
  const tell = EditorView.updateListener.of((update) => {
    if (update.docChanged) changed(update.state.doc.toString());
  });
  return [
    lineNumbers(),
    lintGutter(),
    highlightActiveLineGutter(),
    highlightActiveLine(),
    highlightSpecialChars(),
    highlightSelectionMatches(),
    history(),
    bracketMatching(),
    indentUnit.of("  "),
    EditorState.tabSize.of(4),
    yaml(),
    syntaxHighlighting(highlighting),
    keymap.of([
      { key: "Mod-Enter", run: () => (run(), true) },
      ...defaultKeymap,
      ...historyKeymap,
      ...searchKeymap,
      ...lintKeymap,
      indentWithTab,
    ]),
    EditorView.contentAttributes.of({
      "aria-label": LABEL,
      // It can be reached without; said outright, checkers know that what scrolls can be reached, too.
      tabindex: "0",
      spellcheck: "false",
      autocapitalize: "off",
      autocorrect: "off",
    }),
    theme,
    typedOver,
    tell,
  ];
}

function hint() {
  const words = document.createElement("p");
  words.className = "field-hint";
  words.textContent = "Tab indents; Esc, then Tab, leaves the text. Ctrl or ⌘ with Enter runs it, with F searches it.";
  return words;
}

class Code {
  constructor(view) {
    this.view = view;
  }

  // Marks what there is to say about lines of the text.
  mark(marks) {
    const { doc } = this.view.state;
    const diagnostics = marks.filter((mark) => mark.line <= doc.lines).map((mark) => diagnostic(doc, mark));
    diagnostics.sort((one, other) => one.from - other.from);
    this.view.dispatch(setDiagnostics(this.view.state, diagnostics));
  }

  goTo(line, column) {
    const { doc } = this.view.state;
    const at = place(doc.line(Math.min(Math.max(line, 1), doc.lines)), column);
    this.view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
    this.view.focus();
    this.view.dom.getRootNode().host.scrollIntoView({ block: "nearest" });
  }

  replace(text) {
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } });
    this.view.focus();
  }
}

function diagnostic(doc, { line, column, kind, words }) {
  const at = doc.line(line);
  const from = column ? place(at, column) : at.from + (at.text.length - at.text.trimStart().length);
  const word = /^\S*/.exec(doc.sliceString(from, at.to))[0].length;
  return { from, to: column && word > 0 ? from + word : at.to, severity: SEVERITIES[kind], message: words };
}

// Columns count characters (code points), positions in a document units of UTF-16.
function place(line, column) {
  const before = [...line.text].slice(0, Math.max(column - 1, 0)).join("");
  return line.from + before.length;
}
