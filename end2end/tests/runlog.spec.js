// A run's log without scripts: the last lines on the page, the rest page by page, all of it as plain text; and a frame.

import { pipeline, refreshUntilOver, startText } from "../lib/runs.js";
import { expect, test } from "../lib/test.js";

const TEXT = pipeline([["pack", "for i in $(seq 1 1200); do echo crate $i; done; exit 4"]]);

test("every line can be read, as pages and as plain text", async ({ page, request, javaScriptEnabled }) => {
  await startText(page, TEXT);
  if (javaScriptEnabled === false) {
    await refreshUntilOver(page);
    await expect(page.locator(".log-line")).toHaveCount(500);
    await page.getByRole("link", { name: "700 earlier lines" }).click();
    await expect(page.locator(".log-line")).toHaveCount(500);
    await page.getByRole("link", { name: "Later lines" }).first().click();
    await expect(page.locator(".log-line").first()).toContainText("crate 501");
    await page.getByRole("link", { name: "Later lines" }).first().click();
    await expect(page.locator(".log-line").last()).toContainText("crate 1200");
    await expect(page.getByRole("link", { name: "Later lines" })).toHaveCount(0);
    await page.getByRole("link", { name: "Back to the run" }).click();
  }
  await expect(page.locator(".run-state")).toHaveText("Failed", { timeout: 45_000 });
  const raw = await page.getByRole("link", { name: "Download" }).first().getAttribute("href");
  const answer = await request.get(raw);
  expect(answer.headers()["content-type"]).toBe("text/plain; charset=utf-8");
  expect(answer.headers()["x-content-type-options"]).toBe("nosniff");
  expect(answer.headers()["content-disposition"]).toMatch(/^attachment; filename="run-[a-z2-7]{26}-job-1-step-1\.log"$/);
  expect((await answer.text()).trimEnd().split("\n")).toHaveLength(1200);
  expect((await request.get(raw.replace("step=1", "step=9"))).status()).toBe(404);
});

test("a frame shows how it went, and leads to the run", async ({ page, request }) => {
  await startText(page, pipeline([["pack", "echo packed; exit 4"]]));
  const run = new URL(page.url()).pathname;
  await expect(async () => {
    await page.goto(`${run}/embed`);
    await expect(page.locator(".run-card-head .state-word")).toHaveText("Failed", { timeout: 100 });
  }).toPass({ timeout: 30_000 });
  await expect(page.locator(".log-line")).toContainText("packed");
  await expect(page.getByRole("link", { name: "The whole run" })).toHaveAttribute("href", new RegExp(`${run}$`));
  const policy = (path) => request.get(path).then((answer) => answer.headers()["content-security-policy"]);
  expect(await policy(`${run}/embed`)).toContain("frame-ancestors 'self'");
  expect(await policy(run)).toContain("frame-ancestors 'none'");
});

test("a run can be run again with what it ran with", async ({ page }) => {
  await startText(page, pipeline([["pack", "echo packed"]]));
  const run = new URL(page.url()).pathname;
  await page.getByRole("button", { name: "Run it again" }).first().click();
  await expect(page).toHaveURL(/\/runs\/[a-z2-7]{26}$/);
  expect(new URL(page.url()).pathname).not.toBe(run);
  await expect(page.getByRole("heading", { level: 2, name: "main" })).toBeVisible();
});
