// How late a line is seen that a run prints: opens the run's page and compares the time that stands in each line with the
// time of the frame in which it is on the screen. Both are the same machine's clock. Prints one line of figures.

import { chromium } from "playwright-core";

const page = process.argv[2];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
});
const tab = await browser.newPage();
await tab.addInitScript(() => {
  window.seen = new Map();
  const look = () => {
    const now = Date.now();
    for (const [, stamp] of document.body?.innerText.matchAll(/@(\d{19})@/g) ?? []) {
      if (!window.seen.has(stamp)) window.seen.set(stamp, now - Number(BigInt(stamp) / 1000000n));
    }
    window.queued = false;
  };
  new MutationObserver(() => {
    if (!window.queued) {
      window.queued = true;
      requestAnimationFrame(() => setTimeout(look));
    }
  }).observe(document, { childList: true, subtree: true, characterData: true });
});
const opened = Date.now();
await tab.goto(page);
const loaded = Date.now() - opened;
await tab.waitForFunction(() => /^(Succeeded|Failed|Stopped|Cancelled)/.test(document.title), null, { timeout: 60000 });
const late = (await tab.evaluate(() => [...window.seen.values()])).sort((a, b) => a - b);
const at = (share) => late[Math.max(0, Math.ceil(late.length * share) - 1)];
console.log(
  `printed to visible in Chromium   ${late.length} lines   p50 ${at(0.5)} ms, p95 ${at(0.95)} ms   page opened in ${loaded} ms   wanted: p95 ≤ 250 ms`,
);
await browser.close();
