// <pipeline-editor> holds the form in which a pipeline is changed and run, complete without this. Here its text becomes an
// editor, and what follows from the text (drawing, findings, parameters) is renewed while one types. Nothing that was typed
// depends on an answer: where none comes, the text stays, and so does what was said of it before.

import { Checking } from "./checking.js";
import { openCode } from "./code.js";
import { Draft } from "./draft.js";
import { Parts } from "./parts.js";

class PipelineEditor extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.area = this.form?.querySelector("textarea");
    if (!this.area || this.code) return;
    this.original = this.area.defaultValue;
    this.parts = new Parts(this);
    this.draft = new Draft(this.getAttribute("draft"));
    this.checking = new Checking(this.getAttribute("check"), this.form, (answer) => this.told(answer));
    const kept = this.hasAttribute("untouched") ? this.draft.read() : null;
    const text = kept ?? this.area.value;
    this.code = openCode(this.area, text, {
      changed: (now) => this.changed(now),
      run: () => this.run(),
    });
    this.form.addEventListener("click", (event) => this.clicked(event));
    // A value that somebody chooses changes nothing of the text, but the next answer must not undo it.
    if (kept !== null && kept !== this.original) {
      this.area.value = kept;
      this.parts.show("Your draft from earlier is back. “Back to the original” leaves it.");
      this.consider(kept);
    }
    this.checking.now();
  }

  disconnectedCallback() {
    this.checking?.stop();
  }

  changed(text) {
    this.area.value = text;
    if (!this.unanswered) this.parts.show("");
    this.draft.write(text === this.original && this.hasAttribute("untouched") ? null : text);
    this.consider(text);
    this.checking.soon();
  }

  // Whether a changed text may be run is known before the portal is asked; it has the last word.
  consider(text) {
    const words = this.getAttribute("closed-when-changed");
    if (words && text !== this.original) this.parts.close(words);
  }

  told(answer) {
    if (answer.problem || this.unanswered) this.parts.show(answer.problem ?? "");
    this.unanswered = Boolean(answer.problem);
    if (this.unanswered) return;
    this.code.mark(answer.marks);
    this.parts.close(answer.closed ?? null);
    this.parts.renew(answer, this.area.value === this.original);
  }

  run() {
    const button = this.form.querySelector("button[data-run]");
    if (!button.disabled) this.form.requestSubmit(button);
  }

  clicked(event) {
    const link = event.target.closest("a");
    if (!link) return;
    if (link.hasAttribute("data-reset")) {
      this.reset(event);
    } else if (link.hash === `#${this.area.id}`) {
      event.preventDefault();
      this.code.goTo(Number(link.dataset.line || 1), Number(link.dataset.column || 1));
    }
  }

  // Where the original is at hand it comes back in place, so that the step can be undone; else its page is opened.
  reset(event) {
    this.draft.write(null);
    if (!this.hasAttribute("untouched") || new URL(event.target.closest("a").href).pathname !== location.pathname) return;
    event.preventDefault();
    this.code.replace(this.original);
    this.parts.show("This is the original text again. Undo brings yours back.");
  }
}

customElements.define("pipeline-editor", PipelineEditor);
