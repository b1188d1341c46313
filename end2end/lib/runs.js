// Runs of demos, as a visitor makes them.

import { expect } from "./test.js";

/** Every demo: its slug, how it ends, a line that it prints once, and the jobs that never start. */
export const DEMOS = [
  { slug: "first-steps", ends: "Succeeded", line: "The step before says it packed 3 crates.", skipped: [] },
  { slug: "join-the-fleet", ends: "Succeeded", line: "The Patience has joined the fleet.", skipped: [] },
  { slug: "rough-seas", ends: "Failed", line: "errors: 3, at most 2 are allowed", skipped: ["open-route"] },
];

const ENDED = /^(Succeeded|Failed|Stopped|Cancelled|The portal failed|Image not to be had|Evicted|Its node was lost|Its pod vanished)/;

/** Opens a demo as soon as it can be run: until the sandbox was tried out, the page says so and has no button. */
export async function openDemo(page, slug, site = "") {
  await expect(async () => {
    await page.goto(`${site}/playground/${slug}`);
    await expect(page.getByRole("button", { name: "Run this pipeline" })).toBeEnabled({ timeout: 500 });
  }).toPass({ timeout: 20_000 });
}

/** Starts a demo and comes to the page of its run. */
export async function start(page, slug, site) {
  await openDemo(page, slug, site);
  await page.getByRole("button", { name: "Run this pipeline" }).click();
  await expect(page).toHaveURL(/\/runs\/[a-z2-7]{26}$/);
}

/** Looks again by the page's own link until the run is over. */
export async function refreshUntilOver(page) {
  await expect(async () => {
    const refresh = page.getByRole("link", { name: "Refresh this page" });
    if (await refresh.isVisible()) {
      await refresh.click();
    }
    await expect(page.locator(".run-state")).toHaveText(ENDED, { timeout: 100 });
  }).toPass({ timeout: 45_000 });
}

/** Runs a text of one's own and comes to the page of its run. */
export async function startText(page, text, site = "") {
  await expect(async () => {
    const answer = await page.request.post(`${site}/runs`, {
      form: { dialect: "screwdriver", pipeline: text },
      headers: { "sec-fetch-site": "same-origin" },
      maxRedirects: 0,
    });
    expect(answer.status(), "the sandbox is tried out first").toBe(303);
    await page.goto(`${site}${answer.headers().location}`);
  }).toPass({ timeout: 20_000 });
}

/** A pipeline of one job with these steps, each a name and a script. */
export function pipeline(steps) {
  const lines = steps.map(([name, script]) => `      - ${name}: ${JSON.stringify(script)}`);
  return ["shared:", "  image: host-tools", "jobs:", "  main:", "    requires: [~commit]", "    steps:", ...lines, ""].join("\n");
}

/** The log as it stands: where each line is and what it says. A log of few lines is on the page as a whole. */
export function log(page) {
  return page.locator(".log-line").evaluateAll((lines) =>
    lines.map((line) => `${line.id} ${line.querySelector(".log-text").textContent}`),
  );
}

/** The lines of the whole run as the portal keeps them, in the same form. */
export async function keptLog(page) {
  const lines = [];
  const address = new URL(page.url());
  for (let after = 0; ; ) {
    const answer = await page.request.get(`${address.origin}${address.pathname}/events.json?after=${after}&limit=5000`);
    const events = await answer.json();
    if (events.length === 0) {
      return lines;
    }
    lines.push(...events.filter((event) => event.what.kind === "line").map((event) => `l${event.seq} ${event.what.text}`));
    after = events.at(-1).seq;
  }
}

/** The page has taken over the log from the server, and has all of it. */
export async function expectWholeLog(page) {
  await expect(page.locator("#run-log[data-live] .log-piece").first()).toBeAttached();
}

/** The state of the job called `name`. */
export function jobState(page, name) {
  const job = page.locator("section.job").filter({ has: page.getByRole("heading", { name, exact: true, level: 2 }) });
  return job.locator(".job-head .state-word");
}
