import { DEMOS, log, start } from "../lib/runs.js";
import { expect, test } from "../lib/test.js";
import { layWire } from "../lib/wire.js";

for (const demo of DEMOS) {
  test(`${demo.slug} is followed live, without loading the page again`, async ({ page }) => {
    await start(page, demo.slug);
    await page.evaluate(() => {
      window.sameDocument = true;
    });
    await expect(page.locator(".run-link")).toHaveText("Following the run live.");
    await expect(page.getByRole("link", { name: "Refresh this page" })).toBeHidden();
    await expect(page.locator(".run-state")).toHaveText(demo.ends, { timeout: 45_000 });
    expect(await page.evaluate(() => window.sameDocument)).toBe(true);
    await expect(page.locator(".run-bar")).toBeHidden();
    const live = await log(page);
    await page.reload();
    expect(await log(page)).toEqual(live);
  });
}

test("a lost connection is said in words, and no line is lost or doubled", async ({ page, portal, complaints }) => {
  const wire = await layWire(portal.url);
  await start(page, "join-the-fleet", wire.url);
  await expect(page.locator(".run-link")).toHaveText("Following the run live.");
  await expect(page.locator(".log-line").first()).toBeVisible();
  for (let cuts = 0; cuts < 2; cuts += 1) {
    wire.cut();
    await expect(page.locator(".run-link")).toHaveText("Connection lost. Trying again by itself.");
    await expect(page.locator(".run-link")).toHaveText("Following the run live.");
  }
  await expect(page.locator(".run-state")).toHaveText("Succeeded", { timeout: 45_000 });
  const live = await log(page);
  await page.reload();
  expect(await log(page)).toEqual(live);
  wire.close();
  const others = complaints.filter((complaint) => !complaint.includes("net::ERR_INCOMPLETE_CHUNKED_ENCODING"));
  complaints.splice(0, complaints.length, ...others);
});

test("the newest line stays in view until the reader goes elsewhere", async ({ page }) => {
  await page.setViewportSize({ width: 800, height: 400 });
  await start(page, "first-steps");
  const follow = page.getByRole("button", { name: "Follow the log" });
  await expect(follow).toHaveAttribute("aria-pressed", "true");
  await expect.poll(() => page.evaluate(() => window.scrollY)).toBeGreaterThan(0);
  await page.mouse.wheel(0, -300);
  await expect(follow).toHaveAttribute("aria-pressed", "false");
});
