// Small comforts for pages that are complete without them: an event's time in the visitor's own zone, and a button that
// copies a link. Custom elements, because they need no wiring: the server writes the tag, the browser does the rest.

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

customElements.define("local-time", LocalTime);
customElements.define("copy-link", CopyLink);
