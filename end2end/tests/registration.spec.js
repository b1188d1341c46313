import { calendarsIn, linkIn } from "../lib/postbox.js";
import { confirm, fill, register } from "../lib/registering.js";
import { expectToFit } from "../lib/site.js";
import { expect, forgetErrorStatuses, test } from "../lib/test.js";

const ROOMY = "/events/harbour-evening";
const SMALL = "/events/small-boat-workshop";
const SMALL_SEATS = 4;

test("what is wrong is said beside the field, and what was typed stays", async ({ page, portal, complaints }) => {
  const button = await fill(page, ROOMY, "Ada", "ada at example");
  const [answer] = await Promise.all([page.waitForResponse((response) => response.request().method() === "POST"), button.click()]);
  expect(answer.status()).toBe(422);
  const email = page.getByLabel("Your e-mail address");
  await expect(page.getByLabel("Your name")).toHaveValue("Ada");
  await expect(email).toHaveValue("ada at example");
  await expect(email).toHaveAttribute("aria-invalid", "true");
  const described = (await email.getAttribute("aria-describedby")).split(" ");
  await expect(page.locator(`#${described.at(-1)}`)).toBeVisible();
  await expectToFit(page);
  forgetErrorStatuses(complaints);

  await page.getByLabel("Your name").fill("");
  await page.locator("#register form").getByRole("button").click();
  await expect(page.getByLabel("Your name")).toHaveAttribute("aria-invalid", "true");
  forgetErrorStatuses(complaints);
  expect(portal.postbox.to("ada at example")).toEqual([]);
});

test("a seat is asked for, confirmed by mail, and known again", async ({ page, portal }) => {
  const address = "grace@example.org";
  await register(page, ROOMY, "Grace Zebrowski", address);
  const answered = await page.locator("main").innerText();
  const asked = await portal.postbox.mail(address, /^Confirm your seat/);
  expect(asked.source, "nothing that was typed is in a mail before the address is confirmed").not.toContain("Zebrowski");
  const link = linkIn(asked);
  expect(link.startsWith(`${portal.url}/`)).toBe(true);

  // Looking changes nothing, however often, and whoever looks.
  for (let look = 0; look < 2; look += 1) {
    await page.goto(link);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("A seat is kept for you");
  }
  await expectToFit(page);
  expect(portal.postbox.to(address)).toHaveLength(1);

  await page.getByRole("button", { name: "Yes, I will come" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("You have a seat");
  const confirmed = await portal.postbox.mail(address, /^You have a seat/);
  expect(confirmed.text).toContain("Grace Zebrowski");
  expect(confirmed.source).toMatch(/Content-Type: text\/calendar;[^:]*method="?REQUEST/i);
  for (const calendar of calendarsIn(confirmed)) {
    expect(calendar).toContain("METHOD:REQUEST\r\n");
    expect(calendar).toMatch(/\r\nUID:\S+\r\n/);
  }
  expect(calendarsIn(confirmed).length).toBeGreaterThan(0);

  // A second time answers as the first did, takes no seat, and tells the owner alone.
  const free = async () => {
    await page.goto(ROOMY);
    return page.locator("#register").getByText(/seats free/).first().innerText();
  };
  const before = await free();
  await register(page, ROOMY, "Someone Else", address);
  expect(await page.locator("main").innerText()).toBe(answered);
  const again = await portal.postbox.mail(address, /^You are already registered/);
  await page.goto(linkIn(again));
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("You have a seat");
  expect(await free()).toBe(before);
});

test("a full meetup has a waitlist, and a seat that comes free goes to the first in line", async ({ page, portal }) => {
  test.setTimeout(120_000);
  const confirmations = [];
  for (let seat = 1; seat <= SMALL_SEATS; seat += 1) {
    const address = `crew-${seat}@example.org`;
    await register(page, SMALL, `Crew ${seat}`, address);
    await confirm(page, await portal.postbox.mail(address, /^Confirm your seat/));
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("You have a seat");
    confirmations.push(await portal.postbox.mail(address, /^You have a seat/));
  }

  for (const address of ["first@example.org", "second@example.org"]) {
    const button = await fill(page, SMALL, "In Line", address);
    await expect(button).toHaveText("Join the waitlist");
    await button.click();
    await expect(page.locator("main")).toContainText("waitlist");
    await confirm(page, await portal.postbox.mail(address, /^Confirm your place on the waitlist/));
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("You are on the waitlist");
    await portal.postbox.mail(address, /^You are on the waitlist/);
  }

  // Opening the link gives nothing up; the button does.
  await page.goto(linkIn(confirmations[1]));
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("You have a seat");
  expect(portal.postbox.to("first@example.org").some((mail) => /seat came free/.test(mail.subject))).toBe(false);
  const sure = page.locator("details.cancel");
  if ((await sure.getAttribute("open")) === null) {
    await sure.locator("summary").click();
  }
  await page.getByRole("button", { name: "Cancel my registration" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your registration is cancelled");

  const cancelled = await portal.postbox.mail("crew-2@example.org", /^Your registration is cancelled/);
  expect(calendarsIn(cancelled).join()).toContain("METHOD:CANCEL\r\n");
  const promoted = await portal.postbox.mail("first@example.org", /^A seat came free/);
  expect(calendarsIn(promoted).join()).toContain("METHOD:REQUEST\r\n");
  await page.goto(linkIn(promoted));
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("You have a seat");
  expect(portal.postbox.to("second@example.org").some((mail) => /seat came free/.test(mail.subject))).toBe(false);
});

test("a link that was cut short leads to words that help", async ({ page, complaints }) => {
  const answer = await page.goto("/registrations/confirm/cut-short");
  expect(answer.status()).toBe(404);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("This link no longer works");
  forgetErrorStatuses(complaints);
});
