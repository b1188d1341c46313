// Asks the portal what a text means: a moment after the last key, one question at a time. A newer question ends an older
// one, so that no answer is about a text that is gone.

const PAUSE_MS = 120;

export class Checking {
  constructor(address, form, told) {
    this.address = address;
    this.form = form;
    this.told = told;
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), PAUSE_MS);
  }

  stop() {
    clearTimeout(this.timer);
    this.asking?.abort();
  }

  async now() {
    this.stop();
    const asking = new AbortController();
    this.asking = asking;
    try {
      const answer = await fetch(this.address, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams(new FormData(this.form)),
        signal: asking.signal,
      });
      const problem = answer.ok ? null : problemOf(answer.status);
      const checked = problem ? { problem } : await answer.json();
      if (this.asking === asking) this.told(checked);
    } catch (error) {
      if (error.name !== "AbortError" && this.asking === asking) {
        this.told({ problem: "The text could not be checked just now. Nothing is lost; it is tried again when you type." });
      }
    }
  }
}

function problemOf(status) {
  if (status === 413) return "The text is too long to be checked: at most 64 KiB.";
  return "The text could not be checked just now. Nothing is lost; it is tried again when you type.";
}
