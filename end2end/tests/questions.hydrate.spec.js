import { expect, test } from "../lib/test.js";

test("a question that depends on another is shown when it is asked, and only then", async ({ page }) => {
  await page.goto("/events/harbour-evening");
  const depends = page.getByLabel(/What should the kitchen know/);
  await expect(depends).toBeHidden();
  await page.getByRole("radio", { name: "Something else" }).check();
  await expect(depends).toBeVisible();
  await page.getByRole("radio", { name: "Vegan" }).check();
  await expect(depends).toBeHidden();
});
