// A log of twenty thousand lines: all of it can be reached, little of it is on the page. How long that takes is printed.

import { expectWholeLog, pipeline, startText } from "../lib/runs.js";
import { expect, test } from "../lib/test.js";

const LINES = 20_000;
const LONG = pipeline([["long", `awk 'BEGIN { for (i = 1; i <= ${LINES}; i++) print "line " i " of a log that goes on and on" ; exit 3 }'`]]);

const onPage = (page) => page.locator(".log-line").count();

test("twenty thousand lines are shown without being on the page", async ({ page }, testInfo) => {
  test.setTimeout(180_000);
  await startText(page, LONG);
  await expect(page.locator(".run-state")).toHaveText("Failed", { timeout: 90_000 });

  await page.reload();
  const painted = await page.evaluate(
    () =>
      new Promise((seen) => {
        new PerformanceObserver((list) => seen(list.getEntries().at(-1).startTime)).observe({ type: "largest-contentful-paint", buffered: true });
      }),
  );
  expect(await onPage(page)).toBeLessThanOrEqual(1_400);
  await expectWholeLog(page);
  const whole = await page.evaluate(() => performance.now());

  await page.getByRole("searchbox", { name: "Search the log" }).fill("line 12345 ");
  await expect(page.locator("#log-hits")).toHaveText("1 of 1");
  await expect(page.locator(".log-here")).toContainText("line 12345 of");
  await expect(page.locator(".log-here")).toBeInViewport();
  await expect.poll(() => onPage(page), "what is far away is taken off the page").toBeLessThanOrEqual(1_400);

  const gaps = await page.evaluate(
    () =>
      new Promise((done) => {
        const gaps = [];
        let last = performance.now();
        let frames = 0;
        const frame = (now) => {
          gaps.push(now - last);
          last = now;
          frames += 1;
          window.scrollBy({ top: 400, behavior: "instant" });
          if (frames < 120) requestAnimationFrame(frame);
          else done(gaps.sort((one, other) => one - other));
        };
        requestAnimationFrame(frame);
      }),
  );
  expect(await onPage(page)).toBeLessThanOrEqual(1_600);
  const figures = {
    "largest paint": `${Math.round(painted)} ms`,
    "whole log in memory": `${Math.round(whole)} ms`,
    "frame at the median while scrolling": `${Math.round(gaps[60])} ms`,
    "frame at 95 of 100": `${Math.round(gaps[114])} ms`,
  };
  console.log(`${LINES} lines:`, figures);
  testInfo.annotations.push({ type: "figures", description: JSON.stringify(figures) });

  const last = page.locator(".log-line").last();
  await page.evaluate(() => document.querySelector(".log-piece:last-child").scrollIntoView({ block: "end", behavior: "instant" }));
  await expect(last).toContainText(`line ${LINES} of`);
  await expect(last.getByRole("link")).toHaveText(String(LINES));

  await page.emulateMedia({ media: "print" });
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  expect(height, "lines that are not on the page take no paper").toBeLessThan(40_000);
});
