// Registering as a visitor does it, for whatever a meetup asks.

import { linkIn } from "./postbox.js";
import { expect } from "./test.js";

/** Fills in what must be filled in; returns the button. */
export async function fill(page, path, name, email) {
  await page.goto(path);
  const form = page.locator("#register form");
  await form.getByLabel("Your name").fill(name);
  await form.getByLabel("Your e-mail address").fill(email);
  const onSite = form.getByRole("radio", { name: /^On site/ });
  if ((await onSite.count()) > 0) {
    await onSite.check();
  }
  const terms = form.getByRole("checkbox", { name: /^I agree/ });
  if ((await terms.count()) > 0) {
    await terms.check();
  }
  return form.getByRole("button");
}

export async function register(page, path, name, email) {
  const button = await fill(page, path, name, email);
  await button.click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Look into your mail");
}

export async function confirm(page, mail) {
  await page.goto(linkIn(mail));
  await page.getByRole("button", { name: /^Yes/ }).click();
}

/** Registers and confirms; ends on the registration's page and returns its path. */
export async function comeIn(page, portal, path, name, email) {
  await register(page, path, name, email);
  await confirm(page, await portal.postbox.mail(email, /^Confirm/));
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("You have a seat");
  return new URL(page.url()).pathname;
}
