// Every journey is made twice, with JavaScript and without; what only exists with it is in *.hydrate.spec.js.
// Each worker has a portal of its own (lib/portal.js), so that journeys cannot meet.

import { defineConfig } from "@playwright/test";

const quiet = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
// Chromium refuses its own sandbox to root.
const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  forbidOnly: true,
  reporter: [["list"], ["json", { outputFile: process.env.PLAYWRIGHT_JSON_OUTPUT_FILE ?? "test-results/report.json" }]],
  use: {
    browserName: "chromium",
    viewport: { width: 1280, height: 900 },
    locale: "en-GB",
    screenshot: "only-on-failure",
    launchOptions: { executablePath: "/usr/bin/chromium", args: [...quiet, ...asRoot] },
  },
  projects: [
    { name: "with JavaScript" },
    {
      name: "without JavaScript",
      use: { javaScriptEnabled: false },
      // What concerns clusters is made both ways by one worker: a portal tries its walls out there for seconds.
      testIgnore: /(\.hydrate|cluster)\.spec\.js$/,
    },
    {
      name: "on a phone",
      use: { viewport: { width: 390, height: 844 }, hasTouch: true },
      testMatch: /(registration|playground)\.spec\.js$/,
    },
  ],
});
