// The text of a pipeline in its editor, as a visitor changes it: in a plain field without scripts, else in the editor.

import { expect } from "./test.js";

/** The field or the editor that a visitor types into. */
export function editorOf(page, javaScriptEnabled) {
  return javaScriptEnabled === false ? page.locator("textarea#pipeline") : page.locator(".cm-content");
}

/** Puts `text` in the place of the whole text. */
export async function write(page, text, javaScriptEnabled) {
  const editor = editorOf(page, javaScriptEnabled);
  await expect(editor).toBeVisible();
  if (javaScriptEnabled === false) {
    await editor.fill(text);
    return;
  }
  await editor.focus();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(text);
}

/** The text that would be sent. */
export function text(page) {
  return page.locator("textarea#pipeline");
}
