// Runs of demos, as a visitor makes them.

import { expect } from "./test.js";

/** Every demo: its slug, how it ends, a line that it prints once, and the jobs that never start. */
export const DEMOS = [
  { slug: "first-steps", ends: "Succeeded", line: "The step before says it packed 3 crates.", skipped: [] },
  { slug: "join-the-fleet", ends: "Succeeded", line: "The Patience has joined the fleet.", skipped: [] },
  { slug: "rough-seas", ends: "Failed", line: "errors: 3, at most 2 are allowed", skipped: ["open-route"] },
];

const ENDED = /^(Succeeded|Failed|Stopped|Cancelled|The portal failed)/;

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

/** The log as it stands: where each line is and what it says. */
export function log(page) {
  return page.locator(".log-line").evaluateAll((lines) =>
    lines.map((line) => `${line.id} ${line.querySelector(".log-text").textContent}`),
  );
}

/** The state of the job called `name`, in the list of jobs. */
export function jobState(page, name) {
  const job = page.locator(".run-job").filter({ has: page.getByRole("link", { name, exact: true }) });
  return job.locator(".state-word");
}
