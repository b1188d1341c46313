import { DEMOS, keptLog, log, pipeline, start, startText } from "../lib/runs.js";
import { expect, forgetCuts, test } from "../lib/test.js";
import { layWire } from "../lib/wire.js";

for (const demo of DEMOS) {
  test(`${demo.slug} is followed live, without loading the page again`, async ({ page }) => {
    await start(page, demo.slug);
    await page.evaluate(() => {
      window.sameDocument = true;
    });
    await expect(page.getByRole("link", { name: "Refresh this page" })).toBeHidden();
    await expect(page.locator(".run-state")).toHaveText(demo.ends, { timeout: 45_000 });
    expect(await page.evaluate(() => window.sameDocument)).toBe(true);
    await expect(page.getByRole("button", { name: "Stop this run" })).toBeHidden();
    // Jobs that ran at once stand one below the other.
    await expect.poll(async () => (await log(page)).sort()).toEqual((await keptLog(page)).sort());
  });
}

/** A second job that does the same again. */
const AGAIN = "  again:\n    requires: [main]\n    steps:\n      - tick: for i in $(seq 1 320); do echo tock $i; sleep 0.1; done\n";
const TICKS = pipeline([["tick", "for i in $(seq 1 320); do echo tick $i; sleep 0.1; done"]]);

test("over fifty lost connections no line is lost or doubled", async ({ page, portal, complaints }) => {
  test.setTimeout(120_000);
  const wire = await layWire(portal.url);
  await startText(page, `${TICKS}${AGAIN}`, wire.url);
  const link = page.locator("#run-link");
  await expect(link).toHaveText("Following the run live.");
  for (let cuts = 1; cuts <= 50; cuts += 1) {
    wire.cut();
    const times = cuts === 1 ? "once" : `${cuts} times`;
    await expect.poll(() => link.textContent(), { intervals: [50] }).toBe(`Following the run live; taken up again ${times}.`);
  }
  expect(await page.locator(".run-state").textContent(), "all of it happened while the run went on").toContain("Running");
  await expect(page.locator(".run-state")).toHaveText("Succeeded", { timeout: 60_000 });
  const shown = await log(page);
  expect(shown).toEqual(await keptLog(page));
  expect(shown.length).toBe(640);
  wire.close();
  forgetCuts(complaints);
});

test("a stream that went silent is taken up again", async ({ page, portal, complaints }) => {
  const wire = await layWire(portal.url);
  await page.clock.install();
  await startText(page, TICKS, wire.url);
  const link = page.locator("#run-link");
  await expect(link).toHaveText("Following the run live.");
  await expect(page.locator(".log-line").nth(3)).toBeVisible();
  wire.freeze();
  await page.clock.fastForward(25_000);
  await expect(link).toHaveText("Following the run live; taken up again once.");
  const before = (await log(page)).length;
  await expect.poll(async () => (await log(page)).length).toBeGreaterThan(before + 5);
  await page.getByRole("button", { name: "Stop this run" }).click();
  wire.close();
  forgetCuts(complaints);
});

test("a page that asks listens again as soon as streams come through", async ({ page, complaints }) => {
  const cut = (route) => route.fulfill({ status: 503, body: "" });
  await page.clock.install();
  await page.route("**/events?after=*", cut);
  await startText(page, TICKS);
  const link = page.locator("#run-link");
  await expect(link).toHaveText("Asking for news every two seconds.", { timeout: 20_000 });
  await page.unroute("**/events?after=*", cut);
  await page.clock.runFor(40_000);
  await expect(link).toContainText("Following the run live;");
  await page.getByRole("button", { name: "Stop this run" }).click();
  const others = complaints.filter((complaint) => !complaint.includes("503"));
  complaints.splice(0, complaints.length, ...others);
});

test("nothing is streamed to a page that nobody looks at, and it catches up", async ({ page }) => {
  await startText(page, TICKS);
  await expect(page.locator(".log-line").nth(3)).toBeVisible();
  const hide = (hidden) =>
    page.evaluate((value) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => value });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  await hide(true);
  await expect(page.locator("#run-link")).toHaveText("Paused while this page is out of sight.");
  const before = (await log(page)).length;
  await expect.poll(async () => (await keptLog(page)).length).toBeGreaterThan(before + 10);
  expect((await log(page)).length).toBe(before);
  await hide(false);
  await expect.poll(async () => (await log(page)).length).toBeGreaterThan(before + 10);
  const shown = await log(page);
  expect(shown).toEqual((await keptLog(page)).slice(0, shown.length));
  await page.getByRole("button", { name: "Stop this run" }).click();
});

test("where streams do not come through, the page asks", async ({ page, complaints }) => {
  await page.route("**/events?after=*", (route) => route.fulfill({ status: 503, body: "" }));
  await startText(page, pipeline([["tick", "for i in $(seq 1 60); do echo tick $i; sleep 0.2; done"]]));
  await expect(page.locator("#run-link")).toHaveText("Asking for news every two seconds.", { timeout: 20_000 });
  await expect(page.locator(".run-state")).toHaveText("Succeeded", { timeout: 45_000 });
  expect(await log(page)).toEqual(await keptLog(page));
  const others = complaints.filter((complaint) => !complaint.includes("503"));
  complaints.splice(0, complaints.length, ...others);
});

test("the newest line stays in view until the reader goes elsewhere", async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 500 });
  await startText(page, TICKS);
  const follow = page.getByRole("button", { name: "Follow", exact: true });
  await expect(follow).toHaveAttribute("aria-pressed", "true");
  await expect.poll(() => page.evaluate(() => window.scrollY)).toBeGreaterThan(100);
  await page.mouse.wheel(0, -300);
  await expect(follow).toHaveAttribute("aria-pressed", "false");
  const place = await page.evaluate(() => window.scrollY);
  const before = (await log(page)).length;
  await expect.poll(async () => (await log(page)).length).toBeGreaterThan(before + 5);
  expect(await page.evaluate(() => window.scrollY), "new lines do not move the reader").toBe(place);
  await page.keyboard.press("End");
  await expect(follow).toHaveAttribute("aria-pressed", "true");
  await page.getByRole("button", { name: "Stop this run" }).click();
});
