// How the editor looks: by the site's own tokens, which are inherited into the shadow root and know day and night.

import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

export const theme = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--sheet-raised)", border: "2px solid var(--line-strong)", maxHeight: "80vh" },
  "&.cm-focused": { outline: "3px solid var(--focus)", outlineOffset: "0" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", fontSize: "0.9375rem", lineHeight: "1.55", fontVariantLigatures: "none", minHeight: "22rem", overflow: "auto" },
  ".cm-content": { caretColor: "var(--ink)", paddingBlock: "0.25rem" },
  ".cm-gutters": { backgroundColor: "var(--sheet-sunk)", color: "var(--ink-soft)", borderRight: "1px solid var(--line)" },
  // Lines are measured when they come into sight; their numbers are as high as they before that too.
  ".cm-lineNumbers .cm-gutterElement:not([style*=hidden])": { minHeight: "1.55em" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--sheet-action) 45%, transparent)" },
  ".cm-content ::selection, .cm-line::selection": { backgroundColor: "var(--mark)" },
  ".cm-selectionMatch": { backgroundColor: "var(--sheet-busy)" },
  "&.cm-focused .cm-matchingBracket, .cm-searchMatch": { backgroundColor: "var(--mark)", outline: "none" },
  ".cm-searchMatch-selected": { outline: "2px solid var(--action)" },
  ".cm-tooltip": { backgroundColor: "var(--sheet-raised)", color: "var(--ink)", border: "2px solid var(--line-strong)", maxWidth: "min(34rem, 90vw)" },
  ".cm-diagnostic": { font: "400 0.9375rem/1.4 var(--font-text)", padding: "0.5rem 0.75rem", whiteSpace: "normal" },
  ".cm-diagnostic-error": { borderInlineStart: "6px solid var(--bad)" },
  ".cm-diagnostic-warning": { borderInlineStart: "6px solid var(--busy)" },
  ".cm-diagnostic-info": { borderInlineStart: "6px solid var(--action)" },
  ".cm-lintRange": { backgroundImage: "none", textDecorationLine: "underline", textDecorationStyle: "wavy", textDecorationSkipInk: "none", textUnderlineOffset: "0.2em" },
  ".cm-lintRange-error": { textDecorationColor: "var(--bad)" },
  ".cm-lintRange-warning": { textDecorationColor: "var(--busy)" },
  ".cm-lintRange-info": { textDecorationStyle: "dotted", textDecorationColor: "var(--action)" },
  ".cm-gutter-lint": { width: "1.25rem" },
  ".cm-lint-marker": { content: "none", width: "0.75rem", height: "0.75rem", marginBlockStart: "0.35rem", backgroundColor: "var(--action)" },
  ".cm-lint-marker-error": { backgroundColor: "var(--bad)", transform: "rotate(45deg) scale(0.85)" },
  ".cm-lint-marker-warning": { backgroundColor: "var(--busy)", transform: "rotate(45deg) scale(0.85)" },
  ".cm-lint-marker-info": { borderRadius: "50%", transform: "scale(0.7)" },
  ".cm-panels": { backgroundColor: "var(--sheet-sunk)", color: "var(--ink)", borderColor: "var(--line)" },
  ".cm-panel input, .cm-panel button": { font: "400 0.9375rem/1.4 var(--font-text)", color: "var(--ink)", backgroundColor: "var(--sheet-raised)", backgroundImage: "none", border: "1px solid var(--line-strong)", borderRadius: "0" },
  ".cm-panel label": { font: "400 0.9375rem/1.4 var(--font-text)" },
});

export const highlighting = HighlightStyle.define([
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: "var(--action)", fontWeight: "500" },
  { tag: tags.comment, color: "var(--ink-soft)", fontStyle: "italic" },
  { tag: [tags.labelName, tags.typeName, tags.meta], color: "var(--busy)" },
  { tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace], color: "var(--ink-soft)" },
]);
