// Asks the portal what a text means: a moment after the last key, one question at a time. A newer question ends an older
// one, so that no answer is about a text that is gone.

const PAUSE_MS = 120;
// Where no answer came, it is asked again after this time, and as soon as the browser is connected again.
const AGAIN_MS = 5000;
const UNANSWERED = "The text could not be checked just now. Nothing is lost; it is tried again by itself.";

export class Checking {
  constructor(address, form, told) {
    this.address = address;
    this.form = form;
    this.told = told;
    this.connected = () => this.now();
    addEventListener("online", this.connected);
  }

  soon(pause = PAUSE_MS) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), pause);
  }

  stop() {
    this.drop();
    removeEventListener("online", this.connected);
  }

  drop() {
    clearTimeout(this.timer);
    this.asking?.abort();
  }

  async now() {
    this.drop();
    const asking = new AbortController();
    this.asking = asking;
    try {
      const answer = await fetch(this.address, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams(new FormData(this.form)),
        signal: asking.signal,
      });
      const told = answer.ok ? await answer.json() : { problem: problemOf(answer.status) };
      if (this.asking === asking) this.answered(told);
    } catch (error) {
      if (error.name !== "AbortError" && this.asking === asking) this.answered({ problem: UNANSWERED });
    }
  }

  answered(told) {
    if (told.problem === UNANSWERED) this.soon(AGAIN_MS);
    this.told(told);
  }
}

function problemOf(status) {
  return status === 413 ? "The text is too long to be checked: at most 64 KiB." : UNANSWERED;
}
