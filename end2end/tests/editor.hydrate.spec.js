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
  await expect(page.getByText("Your draft from earlier is back.")).toBeVisible();
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
  const told = page.getByRole("status").filter({ hasText: "could not be checked" });
  await expect(told, "seen as well as heard").toBeVisible();
  await expect(text(page)).toHaveValue(BROKEN);
  await page.unroute("**/playground/check");
  await expect(page.locator(".finding-problem").first(), "it is asked again by itself").toBeVisible();
  await expect(told).toHaveCount(0);
  complaints.splice(0, complaints.length, ...complaints.filter((one) => !one.includes("net::ERR_FAILED")));
});

test("where changed texts are not run, taking the change back opens the button again", async ({ page }) => {
  await openDemo(page, "first-steps");
  const original = await text(page).inputValue();
  await page.locator("pipeline-editor").evaluate((editor) => editor.setAttribute("closed-when-changed", "Changed texts are not run."));
  const answered = () => page.waitForResponse("**/playground/check");
  await page.route("**/playground/check", async (route) => {
    const answer = await route.fetch();
    const changed = new URLSearchParams(route.request().postData()).get("pipeline").replaceAll("\r\n", "\n") !== original;
    await route.fulfill({ response: answer, json: { ...(await answer.json()), closed: changed ? "Changed texts are not run." : null } });
  });
  await Promise.all([answered(), write(page, `${original}# mine\n`)]);
  await expect(page.getByRole("button", { name: "Cannot be run now" })).toBeDisabled();
  await Promise.all([answered(), write(page, original)]);
  await expect(page.getByRole("button", { name: "Run this pipeline" })).toBeEnabled();
});

test("numbers stand beside their lines, in and out of sight, however long the text", async ({ page }) => {
  const lines = Array.from({ length: 400 }, (_, at) => `# line ${at + 1} ${"long ".repeat(at % 40)}`);
  for (const [width, height] of [[390, 700], [1280, 720]]) {
    await page.setViewportSize({ width, height });
    await openDemo(page, "first-steps");
    const apart = () =>
      page.locator(".code-editor").evaluate((host) => {
        const tops = (selector) => [...host.shadowRoot.querySelectorAll(selector)].map((part) => part.getBoundingClientRect().top);
        const numbers = tops(".cm-lineNumbers .cm-gutterElement").slice(1);
        return Math.max(...tops(".cm-line").map((top, at) => Math.abs(top - numbers[at])));
      });
    await page.evaluate(() => scrollTo(0, 0));
    await expect.poll(apart, "before it comes into sight").toBeLessThan(6);
    await write(page, lines.join("\n"));
    await expect.poll(apart).toBeLessThan(3);
    await page.keyboard.press("ControlOrMeta+End");
    await expect.poll(apart).toBeLessThan(3);
  }
});
