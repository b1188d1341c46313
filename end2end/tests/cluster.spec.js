import { test } from "../lib/cluster.js";
import { log, openDemo, pipeline, refreshUntilOver, start, startText } from "../lib/runs.js";
import { expectFragmentsToExist, expectToBeAPage, expectToFit } from "../lib/site.js";
import { expect } from "../lib/test.js";

test.afterEach(({ cluster }) => cluster.heal());

/** What a pod comes to, as the table of a set-up tells it. */
const REACHED = [
  "Accepted",
  "Its turn came",
  "Pod created",
  "Node found",
  "Sandbox started",
  "Image there: cached",
  "Container started",
  "Runner ready",
  "First step",
];

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with scripts" : "without scripts", () => {
    test.use({ javaScriptEnabled });

    test("a run in virtual machines tells where its time went, by both clocks", async ({ page }) => {
      await start(page, "first-steps");
      if (!javaScriptEnabled) {
        await refreshUntilOver(page);
      }
      await expect(page.locator(".run-state")).toHaveText("Succeeded", { timeout: 30_000 });
      const setup = page.locator("#setup-1");
      await expect(setup).toHaveAttribute("open", "");
      await expect(setup.getByRole("rowheader")).toHaveText(REACHED);
      for (const [row, cells] of (await setup.locator("tbody tr").all()).entries()) {
        const [took, ours, theirs] = await cells.getByRole("cell").allTextContents();
        expect(took, REACHED[row]).toMatch(row === 0 ? /^$/ : /^[\d.]+ m?s$/);
        expect(ours, REACHED[row]).toMatch(/^\d\d:\d\d:\d\d\.\d{3}$/);
        expect(theirs, `${REACHED[row]}: the cluster counts whole seconds`).toMatch(row < 2 || row > 6 ? /^$/ : /^\d\d:\d\d:\d\d$/);
      }
      await expect(page.locator("#waterfall-words")).toContainText("The image was there already.");
      await expect(page.locator("#job-1-facts")).toContainText("kubernetes: a virtual machine with a kernel of its own");
      const told = await log(page);
      await page.reload();
      expect(await log(page), "the page tells what the stream told").toEqual(told);
      await expectToBeAPage(page);
      await expectFragmentsToExist(page);
      await expectToFit(page);
    });

    test("an image that cannot be had ends a run in words, and the next one is well", async ({ page, cluster }) => {
      // The probe's own pods have their images.
      await openDemo(page, "first-steps");
      await cluster.inject({ fault: "pod", what: "image_pull", times: 1 });
      await startText(page, pipeline([["say", "echo well"]]));
      if (!javaScriptEnabled) {
        await refreshUntilOver(page);
      }
      await expect(page.locator(".run-state")).toHaveText("Image not to be had", { timeout: 30_000 });
      await expect(page.locator("#run-hint")).toContainText("the pipeline is not to blame. Run it again");
      await expect(page.locator("#setup-1")).toHaveAttribute("open", "");
      await expect(page.locator("#setup-1-words")).toContainText("given up after");
      await expectToFit(page);
      await page.getByRole("button", { name: "Run it again" }).click();
      if (!javaScriptEnabled) {
        await refreshUntilOver(page);
      }
      await expect(page.locator(".run-state")).toHaveText("Succeeded", { timeout: 30_000 });
      await expect(page.locator("#run-hint")).toBeHidden();
    });

    test("the playground says what its virtual machines were found to be", async ({ page }) => {
      await expect(async () => {
        await page.goto("/playground");
        await expect(page.getByRole("heading", { name: "What the probe of kubernetes showed" })).toBeVisible({ timeout: 500 });
      }).toPass({ timeout: 30_000 });
      const around = page.locator("section.around");
      await expect(around).toContainText("What it is: a virtual machine with a kernel of its own.");
      await expect(around).toContainText("sha256:7ea11e0a6c0c…");
      await expect(around.locator(".probe")).toContainText(/processor/);
      await expectToFit(page);
      await page.goto("/showcase");
      await expect(page.getByRole("rowheader", { name: /Kubernetes with Kata Containers/ })).toHaveCount(2);
    });
  });
}
