import { violations } from "../lib/axe.js";
import { test } from "../lib/cluster.js";
import { keptLog, log, pipeline, startText } from "../lib/runs.js";
import { expect, forgetCuts } from "../lib/test.js";

test.afterEach(({ cluster }) => cluster.heal());

const ticks = (many, pause) => pipeline([["tick", `for i in $(seq 1 ${many}); do echo tick $i; sleep ${pause}; done`]]);

/** All that a run of `many` ticks prints. */
const allTicks = (many) => Array.from({ length: many }, (_, at) => `tick ${at + 1}`);

/** The lines without where they are. */
const words = (lines) => lines.map((line) => line.replace(/^l\d+ /, ""));

test("a portal that is killed goes on with its runs, and those who watch see a pause", async ({ page, portal, complaints }) => {
  test.setTimeout(90_000);
  await startText(page, ticks(60, 0.15));
  await page.evaluate(() => {
    window.sameDocument = true;
  });
  await expect(page.locator(".log-line").nth(5)).toBeVisible({ timeout: 20_000 });
  await portal.restart("SIGKILL");
  await expect(page.locator(".run-state")).toHaveText("Succeeded", { timeout: 60_000 });
  expect(await page.evaluate(() => window.sameDocument), "the page was not loaded again").toBe(true);
  expect(words(await log(page))).toEqual(allTicks(60));
  expect(await log(page)).toEqual(await keptLog(page));
  await expect(page.locator("#setup-1").getByRole("rowheader")).not.toContainText(["Tried again"]);
  forgetCuts(complaints);
});

test("a log that breaks off in the middle of a line is not noticed, nor who is shut out", async ({ page, cluster }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await cluster.inject({ fault: "log_cut", after_bytes: 1_500, times: 2 });
  await cluster.inject({ fault: "log_cut", after_bytes: 2_500, orderly: true, times: 1 });
  await startText(page, ticks(60, 0.05));
  await expect(page.locator(".log-line").nth(3)).toBeVisible({ timeout: 20_000 });
  expect(await violations(page)).toEqual([]);
  await expect(page.locator(".run-state")).toHaveText("Succeeded", { timeout: 30_000 });
  expect(words(await log(page))).toEqual(allTicks(60));
  expect(await violations(page)).toEqual([]);
});

test("a run without room says what it waits for, and goes on when there is some", async ({ page, cluster }) => {
  const full = "exceeded quota: playground, requested: pods=1, used: pods=12, limited: pods=12";
  await cluster.inject({ fault: "admission", message: full, times: 3 });
  await startText(page, ticks(3, 0.1));
  await expect(page.locator("#run-summary")).toHaveText("main: it waits for room in the cluster.");
  await expect(page.locator("#setup-1-words")).toHaveText("Set-up: under way");
  await expect(page.locator(".run-state")).toHaveText("Succeeded", { timeout: 30_000 });
  await expect(page.locator("#job-1-reason")).toBeHidden();
});
