import { violations } from "../lib/axe.js";
import { start } from "../lib/runs.js";
import { explore } from "../lib/site.js";
import { expect, test } from "../lib/test.js";

for (const scheme of ["light", "dark"]) {
  test(`no page shuts anyone out, ${scheme}`, async ({ page, request, baseURL }) => {
    test.setTimeout(240_000);
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    const { pages } = await explore(request, baseURL);
    for (const path of pages) {
      await page.goto(path);
      expect.soft(await violations(page), path).toEqual([]);
    }
  });
}

test("a run's page shuts nobody out, while it runs and after", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await start(page, "rough-seas");
  await expect(page.locator(".log-line").first()).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await expect(page.locator(".run-state")).toHaveText("Failed", { timeout: 40_000 });
  expect(await violations(page)).toEqual([]);
});
