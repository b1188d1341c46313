import { editorOf, text, write } from "../lib/editor.js";
import { openDemo } from "../lib/runs.js";
import { expect, test } from "../lib/test.js";

const BROKEN = "shared:\n  image: host-tools\njobs:\n  main:\n    stepps: []\n";

/** The policy's violations, told by the page itself. */
async function watchPolicy(page) {
  await page.addInitScript(() => {
    globalThis.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => globalThis.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
}

test("what is wrong is told while one types, and a click leads there", async ({ page }) => {
  await watchPolicy(page);
  await openDemo(page, "first-steps");
  await write(page, BROKEN);
  const finding = page.locator(".finding-problem").first();
  await expect(finding).toContainText("Line");
  await expect(page.locator(".cm-lint-marker-error").first()).toBeVisible();
  await page.locator(".finding-problem a[data-line='5']").first().click();
  await expect(page.locator(".cm-activeLine")).toHaveText(/stepps/);
  await write(page, BROKEN.replace("stepps: []", "steps: [hello: echo hello]"));
  await expect(page.getByText("It can run: 1 job with 1 step.")).toBeVisible();
  await expect(page.locator(".cm-lint-marker-error")).toHaveCount(0);
  expect(await page.evaluate(() => globalThis.violations), "the page's policy holds").toEqual([]);
});

test("fields come and go with the parameters, and what was chosen stays", async ({ page }) => {
  await openDemo(page, "choose-a-course");
  await page.getByLabel("SHIP").fill("Ada's own");
  await page.getByLabel("HORN").check();
  const own = (await text(page).inputValue()).replace("  HORN:\n", "  LAMP:\n    value: true\n  HORN:\n");
  await write(page, own);
  await expect(page.getByLabel("LAMP")).toBeChecked();
  await expect(page.getByLabel("SHIP")).toHaveValue("Ada's own");
  await expect(page.getByLabel("HORN")).toBeChecked();
});

test("a draft outlives the page, and the original comes back", async ({ page }) => {
  await openDemo(page, "first-steps");
  const original = await text(page).inputValue();
  await write(page, BROKEN);
  await page.goto("/playground");
  await openDemo(page, "first-steps");
  await expect(text(page)).toHaveValue(BROKEN);
  await page.getByRole("link", { name: "Back to the original" }).click();
  await expect(text(page)).toHaveValue(original);
  await page.reload();
  await expect(text(page)).toHaveValue(original);
});

test("nobody is caught in the text, and its name is told", async ({ page }) => {
  await openDemo(page, "first-steps");
  const editor = editorOf(page);
  await expect(editor).toHaveAttribute("aria-label", /press Escape, then Tab, to leave/);
  await editor.focus();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement.className)).not.toContain("code-editor");
});

test("where the portal does not answer, nothing is lost", async ({ page, complaints }) => {
  await openDemo(page, "first-steps");
  await page.route("**/playground/check", (route) => route.abort());
  await write(page, BROKEN);
  await expect(page.getByRole("status").filter({ hasText: "could not be checked" })).toHaveCount(1);
  await expect(text(page)).toHaveValue(BROKEN);
  await page.unroute("**/playground/check");
  await write(page, `${BROKEN}# more\n`);
  await expect(page.locator(".finding-problem").first()).toBeVisible();
  complaints.splice(0, complaints.length, ...complaints.filter((one) => !one.includes("net::ERR_FAILED")));
});
