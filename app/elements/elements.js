// Small comforts for pages that are complete without them: an event's time in the visitor's own zone, a button that
// copies a link, and questions that step aside until they are asked. Custom elements, because they need no wiring: the server writes the tag, the browser does the rest.

// <local-time datetime="2020-06-18T16:00:00Z"> says when that moment is where the visitor is, unless the event's own
// time beside it says the same already.
class LocalTime extends HTMLElement {
  connectedCallback() {
    const at = new Date(this.getAttribute("datetime"));
    if (Number.isNaN(at.getTime()) || at.getTimezoneOffset() === Number(this.getAttribute("offset"))) return;
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const words = new Intl.DateTimeFormat("en-GB", {
      weekday: "long",
      day: "numeric",
      month: "long",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
      timeZoneName: "short",
    });
    const short = words.formatToParts(at).find((part) => part.type === "timeZoneName")?.value;
    const name = zone && zone !== short ? `, ${zone.replaceAll("_", " ")}` : "";
    this.textContent = `For you: ${words.format(at)}${name}`;
  }
}

// <copy-link href="https://…"> becomes a button that puts the address on the clipboard and says so.
class CopyLink extends HTMLElement {
  connectedCallback() {
    if (!navigator.clipboard) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy the link to this page";
    const said = document.createElement("span");
    said.setAttribute("role", "status");
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(this.getAttribute("href"));
        said.textContent = " Copied.";
      } catch {
        said.textContent = ` It could not be copied: ${this.getAttribute("href")}`;
      }
    });
    this.replaceChildren(button, said);
  }
}

// <asked-if question="q-meal" answers='["Other"]'> holds a field that is only asked after one of these answers. Without
// this, the field is there with words that say so. What steps aside is not sent, so that a field which depends on it in
// turn steps aside too: each looks at the form after those before it, in the order of the document.
class AskedIf extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    if (!this.form) return;
    this.answers = JSON.parse(this.getAttribute("answers"));
    this.look = () => this.step();
    this.form.addEventListener("change", this.look);
    // A browser that comes back to the page fills it in again without a word.
    window.addEventListener("pageshow", this.look);
    this.step();
  }

  disconnectedCallback() {
    this.form?.removeEventListener("change", this.look);
    window.removeEventListener("pageshow", this.look);
  }

  step() {
    const given = new FormData(this.form).getAll(this.getAttribute("question"));
    const asked = given.some((answer) => this.answers.includes(answer));
    this.hidden = !asked;
    this.toggleAttribute("asked", asked);
    for (const field of this.querySelectorAll("input, textarea, select")) field.disabled = !asked;
  }
}

customElements.define("local-time", LocalTime);
customElements.define("copy-link", CopyLink);
customElements.define("asked-if", AskedIf);
