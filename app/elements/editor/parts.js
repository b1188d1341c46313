// The parts of the page that follow from the text. The portal renders them; here they are put in place.

export class Parts {
  constructor(editor) {
    this.editor = editor;
    // The parameters as they were rendered with the page.
    this.parametersKey = null;
  }

  part(name) {
    return this.editor.querySelector(`[data-part="${name}"]`);
  }

  // Heard, not seen: what is seen stands in the findings.
  say(words) {
    const said = this.part("said");
    if (said.textContent !== words) said.textContent = words;
  }

  // Seen and heard: what the findings do not say.
  show(words) {
    const shown = this.part("shown");
    if (shown.textContent !== words) shown.textContent = words;
  }

  close(words) {
    this.part("closed").textContent = words ?? "";
    const run = this.editor.querySelector("button[data-run]");
    run.disabled = words !== null;
    run.textContent = words === null ? "Run this pipeline" : "Cannot be run now";
  }

  renew(answer, isOriginal) {
    this.put("drawing", answer.drawing);
    this.put("findings", answer.findings);
    this.say(answer.said);
    this.renewParameters(answer, isOriginal);
  }

  put(name, html) {
    const part = this.part(name);
    if (this[name] === html) return;
    this[name] = html;
    part.innerHTML = html;
  }

  // Fields are replaced only where the text asks for others; what was chosen in those that stay, stays.
  renewParameters({ parameters, parameters_key: key }, isOriginal) {
    const shown = this.parametersKey === null && isOriginal;
    const same = this.parametersKey === key;
    this.parametersKey = key;
    if (shown || same) return;
    const part = this.part("parameters");
    const chosen = new Map([...part.querySelectorAll("[name]")].map((field) => [`${field.name}\n${field.type}\n${field.value}`, field.checked]));
    const typed = new Map([...part.querySelectorAll("input[type=text], textarea, select")].map((field) => [field.name, field.value]));
    const focused = part.contains(document.activeElement) ? document.activeElement.id : null;
    part.innerHTML = parameters;
    for (const field of part.querySelectorAll("[name]")) {
      const ticked = chosen.get(`${field.name}\n${field.type}\n${field.value}`);
      if (["checkbox", "radio"].includes(field.type)) field.checked = ticked ?? field.checked;
      else if (field.type !== "hidden" && typed.has(field.name)) keep(field, typed.get(field.name));
    }
    if (focused) document.getElementById(focused)?.focus();
  }
}

// A list that no longer has the value keeps its own.
function keep(field, value) {
  const before = field.value;
  field.value = value;
  if (field.value !== value) field.value = before;
}
