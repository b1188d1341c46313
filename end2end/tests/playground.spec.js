import { text, write } from "../lib/editor.js";
import { DEMOS, jobState, log, openDemo, refreshUntilOver, start } from "../lib/runs.js";
import { expectFragmentsToExist, expectToBeAPage, expectToFit } from "../lib/site.js";
import { expect, forgetErrorStatuses, test } from "../lib/test.js";

for (const demo of DEMOS) {
  test(`${demo.slug} runs to its end and tells all of it`, async ({ page, javaScriptEnabled }) => {
    await start(page, demo.slug);
    if (javaScriptEnabled === false) {
      await refreshUntilOver(page);
    }
    await expect(page.locator(".run-state")).toHaveText(demo.ends, { timeout: 45_000 });
    for (const job of demo.skipped) {
      await expect(jobState(page, job)).toHaveText("Skipped");
    }
    const told = await log(page);
    expect(told.filter((line) => line.endsWith(demo.line))).toHaveLength(1);
    expect(new Set(told.map((line) => line.split(" ")[0])).size, "every line has a place of its own").toBe(told.length);
    await page.reload();
    expect(await log(page), "the page tells what the stream told").toEqual(told);
    await expectToBeAPage(page);
    await expectFragmentsToExist(page);
    await expectToFit(page);
  });
}

test("a line can be linked to", async ({ page, javaScriptEnabled }) => {
  await start(page, "first-steps");
  await expect(async () => {
    await page.reload();
    await expect(page.locator(".run-state")).toHaveText("Succeeded", { timeout: 200 });
  }).toPass({ timeout: 45_000 });
  const line = page.locator(".log-line").filter({ hasText: "packed crate 2" });
  await line.locator("a").click();
  await expect(page).toHaveURL(/#l\d+$/);
  const place = new URL(page.url());
  await page.goto("/");
  await page.goto(place.href);
  const marked = page.locator(javaScriptEnabled === false ? ".log-line:target" : ".log-line.log-picked");
  await expect(marked).toContainText("crate 2");
  await expect(marked).toBeInViewport();
});

test("what cannot be read is told with its place, and the text stays", async ({ page, complaints, javaScriptEnabled }) => {
  await openDemo(page, "first-steps");
  const broken = "jobs:\n  build:\n    steps: </textarea><script>alert(1)</script>\n";
  await write(page, broken, javaScriptEnabled);
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === "POST" && response.url().endsWith("/runs")),
    page.getByRole("button", { name: "Run this pipeline" }).click(),
  ]);
  expect(answer.status()).toBe(422);
  await expect(text(page)).toHaveValue(broken);
  await expect(page.getByRole("alert")).toContainText(/line \d+, column \d+/);
  await expect(page.getByRole("button", { name: "Run this pipeline" })).toBeEnabled();
  await expectToFit(page);
  forgetErrorStatuses(complaints);
});

test("an edited pipeline runs, and a run can be stopped", async ({ page, javaScriptEnabled }) => {
  await openDemo(page, "first-steps");
  await write(page, "shared:\n  image: host-tools\njobs:\n  wait:\n    steps:\n      - long: |\n          echo waiting\n          sleep 25\n", javaScriptEnabled);
  await page.getByRole("button", { name: "Run this pipeline" }).click();
  await expect(page).toHaveURL(/\/runs\/[a-z2-7]{26}$/);
  await page.getByRole("button", { name: "Stop this run" }).click();
  if (javaScriptEnabled === false) {
    await refreshUntilOver(page);
  }
  await expect(page.locator(".run-state")).toHaveText("Cancelled", { timeout: 15_000 });
});
