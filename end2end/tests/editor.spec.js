import { text, write } from "../lib/editor.js";
import { openDemo, refreshUntilOver } from "../lib/runs.js";
import { expectFragmentsToExist, expectToBeAPage, expectToFit } from "../lib/site.js";
import { expect, test } from "../lib/test.js";

const OWN = `shared:
  image: host-tools
parameters:
  WORD: [ahoy, farewell]
jobs:
  say:
    requires: [~commit]
    steps:
      - aloud: echo "$WORD, world"
`;

test("a stranger writes a pipeline, checks it, chooses, runs it and runs it again", async ({ page, javaScriptEnabled }) => {
  await page.goto("/playground");
  await page.getByRole("link", { name: "Begin in Screwdriver’s language" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your own pipeline");
  await write(page, OWN, javaScriptEnabled);
  await page.getByRole("button", { name: "Check" }).click();
  await expect(page.getByText("It can run: 1 job with 1 step.")).toBeVisible();
  await page.getByLabel("farewell").check();
  await page.getByRole("button", { name: "Run this pipeline" }).click();
  await expect(page).toHaveURL(/\/runs\/[a-z2-7]{26}$/);
  const run = page.url().split("/").pop();
  if (javaScriptEnabled === false) {
    await refreshUntilOver(page);
  }
  await expect(page.locator(".log-text").filter({ hasText: "farewell, world" })).toHaveCount(1, { timeout: 20_000 });
  await page.goto(`/playground/new?from=${run}`);
  await expect(text(page)).toHaveValue(OWN);
  await expect(page.getByLabel("farewell")).toBeChecked();
});

test("a text is shared, and whoever has its address can run it", async ({ page, javaScriptEnabled }) => {
  await openDemo(page, "first-steps");
  await write(page, OWN, javaScriptEnabled);
  await page.getByRole("button", { name: "Share" }).click();
  await expect(page).toHaveURL(/\/playground\/shared\/[a-z2-7]{26}$/);
  await expect(text(page)).toHaveValue(OWN);
  await expectToBeAPage(page);
  await expectFragmentsToExist(page);
  await expectToFit(page);
  await page.getByRole("button", { name: "Run this pipeline" }).click();
  await expect(page).toHaveURL(/\/runs\/[a-z2-7]{26}$/);
});

test("each demo's page fits from a small phone to a desk", async ({ page }) => {
  for (const path of ["/playground", "/playground/three-yards", "/playground/harbour-pilot", "/showcase"]) {
    await page.goto(path);
    await expectToBeAPage(page);
    await expectFragmentsToExist(page);
    await expectToFit(page);
  }
});

test("on every screen the button that runs is in sight, and below what it sends", async ({ page }) => {
  for (const [width, height] of [[390, 844], [768, 1024], [1280, 720], [1920, 1080]]) {
    await page.setViewportSize({ width, height });
    await page.goto("/playground");
    await expect(page.getByRole("button", { name: "Run “First steps”" })).toBeInViewport({ ratio: 1 });
    await openDemo(page, "choose-a-course");
    const run = page.getByRole("button", { name: "Run this pipeline" });
    await expect(run).toBeInViewport({ ratio: 1 });
    await page.getByText("What a pipeline may use here").scrollIntoViewIfNeeded();
    await expect(run).toBeInViewport({ ratio: 1 });
  }
});

test("a text that cannot be read at all is not called good", async ({ page, javaScriptEnabled }) => {
  await openDemo(page, "first-steps");
  await write(page, "  ", javaScriptEnabled);
  if (javaScriptEnabled === false) await page.getByRole("button", { name: "Check" }).click();
  await expect(page.locator(".finding-problem")).toContainText("The pipeline is empty.");
  await expect(page.getByText("It can run")).toHaveCount(0);
});
