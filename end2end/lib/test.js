// Playwright's test with a portal for each worker, and with pages on which nothing may go wrong unseen.

import { test as base, expect } from "@playwright/test";

import { openPortal } from "./portal.js";

export { expect };

export const test = base.extend({
  portal: [
    async ({}, use, worker) => {
      const portal = await openPortal(`worker-${worker.workerIndex}`);
      await use(portal);
      await portal.close();
    },
    { scope: "worker" },
  ],
  baseURL: async ({ portal }, use) => use(portal.url),
  /** What browsers complain of; a test that provokes complaints takes them out again. */
  complaints: [
    async ({ page }, use) => {
      const complaints = [];
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) {
          complaints.push(`${page.url()}: ${message.text()}`);
        }
      });
      page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error}`));
      await use(complaints);
      expect(complaints, "the browser complained").toEqual([]);
    },
    { auto: true },
  ],
});

/** Takes out what the browser says of connections that were cut on purpose. */
export function forgetCuts(complaints) {
  const others = complaints.filter((complaint) => !/net::ERR_(INCOMPLETE_CHUNKED_ENCODING|CONNECTION|EMPTY_RESPONSE|FAILED|ABORTED)/.test(complaint));
  complaints.splice(0, complaints.length, ...others);
}

/** Takes out the browser's remarks on answers with an error status, which the test asked for. */
export function forgetErrorStatuses(complaints) {
  const others = complaints.filter((complaint) => !/Failed to load resource.*status of 4\d\d/.test(complaint));
  complaints.splice(0, complaints.length, ...others);
}
