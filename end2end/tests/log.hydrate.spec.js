// The log of a run as a reader uses it.

import { expectWholeLog, pipeline, startText } from "../lib/runs.js";
import { expect, test } from "../lib/test.js";

const STEPS = pipeline([
  ["pack", "for i in $(seq 1 400); do echo crate $i of the Patience; done"],
  ["check", "echo all fine; echo a warning from the mate >&2; printf '\\033[31mred flag\\033[0m\\n'"],
  ["sail", "echo error - no wind; exit 3"],
]);

async function ended(page) {
  await startText(page, STEPS);
  await expect(page.locator(".run-state")).toHaveText("Failed", { timeout: 45_000 });
  await page.reload();
  await expectWholeLog(page);
}

const step = (page, name) => page.locator("details.step").filter({ has: page.getByRole("heading", { name, exact: true, level: 3 }) });

test("a step stays folded or open as the reader left it, while the run goes on", async ({ page }) => {
  await startText(page, pipeline([["one", "for i in $(seq 1 60); do echo tick $i; sleep 0.1; done"], ["two", "echo two; sleep 3"]]));
  const one = step(page, "one");
  await expect(one).toHaveAttribute("open", "");
  await one.locator("summary").click();
  await expect(one).not.toHaveAttribute("open", "");
  await expect(one.locator(".state-word")).toHaveText("Exit code 0", { timeout: 30_000 });
  await expect(step(page, "two")).toHaveAttribute("open", "");
  await expect(one).not.toHaveAttribute("open", "");
  await expect(page.locator(".run-state")).toHaveText("Succeeded", { timeout: 30_000 });
  await expect(step(page, "two"), "nothing is closed behind the reader's back").toHaveAttribute("open", "");
});

test("a search counts, goes from line to line, and opens what is folded", async ({ page }) => {
  await ended(page);
  const field = page.getByRole("searchbox", { name: "Search the log" });
  await expect(step(page, "pack")).not.toHaveAttribute("open", "");
  await field.fill("CRATE 39");
  await expect(page.locator("#log-hits")).toHaveText("1 of 11");
  await expect(step(page, "pack")).toHaveAttribute("open", "");
  await expect(page.locator(".log-here")).toContainText("crate 39 of");
  await expect(page.locator(".log-here mark")).toHaveText("crate 39");
  await field.press("Enter");
  await expect(page.locator(".log-here")).toContainText("crate 390 of");
  await expect(page.locator(".log-here")).toBeInViewport();
  await page.getByRole("button", { name: "Previous line found" }).click();
  await page.getByRole("button", { name: "Previous line found" }).click();
  await expect(page.locator("#log-hits")).toHaveText("11 of 11");
  await field.fill("walrus");
  await expect(page.locator("#log-hits")).toHaveText("Not found");
});

test("next error leads from trouble to trouble", async ({ page }) => {
  await ended(page);
  const next = page.getByRole("button", { name: "Next error" });
  await next.click();
  await expect(page.locator(".log-here .log-text")).toHaveText("a warning from the mate");
  await next.click();
  await expect(page.locator(".log-here .log-text")).toHaveText("error - no wind");
  await next.click();
  await expect(page.locator(".log-here .log-text")).toHaveText("a warning from the mate");
});

test("a range of lines has a link that leads to it, also where it is folded", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await ended(page);
  const pack = step(page, "pack");
  await pack.locator("summary").click();
  await pack.getByRole("link", { name: "Line 120", exact: true }).click();
  await pack.getByRole("link", { name: "Line 123", exact: true }).click({ modifiers: ["Shift"] });
  await expect(page).toHaveURL(/#l\d+-l\d+$/);
  await expect(page.locator("#log-picked-words")).toHaveText("Lines 120 to 123 of main, pack");
  await page.locator("#log-picked").getByRole("button", { name: "Copy", exact: true }).click();
  const words = [120, 121, 122, 123].map((number) => `crate ${number} of the Patience\n`).join("");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(words);
  const place = page.url();
  await page.goto("/");
  await page.goto(place);
  await expect(page.locator(".log-line.log-picked")).toHaveCount(4);
  await expect(page.locator(".log-line.log-picked").first()).toBeInViewport();
  await expect(step(page, "pack")).toHaveAttribute("open", "");
});

test("times and wrapping are chosen once and stay", async ({ page }) => {
  await ended(page);
  await page.getByRole("button", { name: "Times: off" }).click();
  await expect(page.locator(".log-time").first()).toHaveText(/^\+\d+:\d\d\.\d{3}$/);
  await page.getByRole("button", { name: "Times: from start" }).click();
  await expect(page.locator(".log-time").first()).toHaveText(/^\d\d:\d\d:\d\d\.\d{3}$/);
  await page.getByRole("button", { name: "Wrap", exact: true }).click();
  await page.reload();
  await expect(page.locator(".log-time").first()).toHaveText(/^\d\d:\d\d:\d\d\.\d{3}$/);
  await expect(page.getByRole("button", { name: "Wrap", exact: true })).toHaveAttribute("aria-pressed", "false");
  await expect(page.locator("#run-log")).toHaveClass(/log-nowrap/);
});

test("keys do what buttons do, take no letter from a field, and can be switched off", async ({ page }) => {
  await ended(page);
  await page.keyboard.press("j");
  await expect(step(page, "pack").locator("summary")).toBeFocused();
  await page.keyboard.press("j");
  await expect(step(page, "check").locator("summary")).toBeFocused();
  await page.keyboard.press("k");
  await expect(step(page, "pack").locator("summary")).toBeFocused();
  await page.keyboard.press("e");
  await expect(page.locator(".log-here .log-text")).toHaveText("a warning from the mate");
  await page.keyboard.press("/");
  await page.keyboard.type("jet");
  await expect(page.getByRole("searchbox")).toHaveValue("jet");
  await expect(page.getByRole("searchbox")).toBeFocused();
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keys" });
  await expect(help).toBeVisible();
  await help.getByLabel("Heed these keys").uncheck();
  await page.keyboard.press("Escape");
  await expect(help).toBeHidden();
  await page.keyboard.press("w");
  await expect(page.getByRole("button", { name: "Wrap", exact: true })).toHaveAttribute("aria-pressed", "true");
});

test("colours of programs are classes", async ({ page }) => {
  await ended(page);
  await expect(page.locator(".log .c1")).toHaveText("red flag");
  await step(page, "check").locator("summary").click();
  const line = page.locator(".log-line").filter({ hasText: "a warning" });
  await expect(line.getByRole("link")).toHaveAccessibleName(/, standard error$/);
});

test("what is copied by hand has no line numbers", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await ended(page);
  await step(page, "pack").locator("summary").click();
  await expect(page.locator(".log-line").nth(2)).toBeVisible();
  await page.evaluate(() => {
    const [first, second] = document.querySelectorAll(".log-line");
    getSelection().setBaseAndExtent(first, 0, second, second.childNodes.length);
  });
  await page.keyboard.press("Control+c");
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied.trimEnd()).toBe("crate 1 of the Patience\ncrate 2 of the Patience");
});

test("from the keyboard one comes past a log at once", async ({ page }) => {
  await ended(page);
  const pack = step(page, "pack");
  await pack.locator("summary").focus();
  await page.keyboard.press("Enter");
  await expect(pack).toHaveAttribute("open", "");
  await page.keyboard.press("Tab");
  const skip = pack.getByRole("link", { name: "Skip this log" });
  await expect(skip).toBeFocused();
  expect((await skip.boundingBox()).height, "it is seen when one is there").toBeGreaterThan(10);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await expect(step(page, "check").locator("summary")).toBeFocused();
});

test("lines of jobs that run at once are not picked with each other's", async ({ page }) => {
  const talk = (name) => `  ${name}:\n    requires: [~commit]\n    steps:\n      - talk: for i in $(seq 1 20); do echo ${name} $i; sleep 0.1; done\n`;
  await startText(page, `shared:\n  image: host-tools\njobs:\n${talk("left")}${talk("right")}`);
  await expect(page.locator(".run-state")).toHaveText("Succeeded", { timeout: 45_000 });
  await page.reload();
  await expectWholeLog(page);
  const [left, right] = [page.locator("#step-1-1"), page.locator("#step-2-1")];
  await left.getByRole("link", { name: "Line 1", exact: true }).click();
  await left.getByRole("link", { name: "Line 20", exact: true }).click({ modifiers: ["Shift"] });
  await page.getByRole("button", { name: "Times: off" }).click();
  await expect(left.locator(".log-picked")).toHaveCount(20);
  await expect(right.locator(".log-picked")).toHaveCount(0);
  await right.getByRole("link", { name: "Line 7", exact: true }).click({ modifiers: ["Shift"] });
  await expect(page.locator("#log-picked-words")).toHaveText("Line 7 of right, talk");
});

test("the bar is neat on a phone, and what is chosen is seen without colours", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await ended(page);
  const tops = await page.locator("#log-tools > button:visible").evaluateAll((all) => all.map((one) => one.offsetTop));
  expect(new Set(tops).size, "what can be pressed stands in one row").toBe(1);
  await page.setViewportSize({ width: 320, height: 600 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  await page.emulateMedia({ forcedColors: "active" });
  await page.locator("details[open] .log-number").first().click();
  await expect(page.locator(".log-picked")).toHaveCSS("outline-style", "solid");
});
