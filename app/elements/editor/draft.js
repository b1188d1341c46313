// What was typed and not run yet, kept in this browser alone. Where nothing may be kept, nothing is.

const PREFIX = "regatta-draft:";

export class Draft {
  constructor(name) {
    this.name = PREFIX + name;
  }

  read() {
    try {
      return localStorage.getItem(this.name);
    } catch {
      return null;
    }
  }

  // `null` forgets it.
  write(text) {
    try {
      if (text === null) localStorage.removeItem(this.name);
      else localStorage.setItem(this.name, text);
    } catch {
      // The browser keeps nothing for this site, or has no room left: the text in the form is all there is.
    }
  }
}
