import { calendarsIn } from "../lib/postbox.js";
import { comeIn, fill } from "../lib/registering.js";
import { expectToFit } from "../lib/site.js";
import { expect, forgetErrorStatuses, test } from "../lib/test.js";

const ROOMY = "/events/harbour-evening";
const SMALL = "/events/small-boat-workshop";

const field = (calendar, name) => calendar.match(new RegExp(`\\r\\n${name}[;:][^\\r]*`))?.[0];

test("who has a seat can move, bring somebody, and say so in their calendar", async ({ page, portal }) => {
  const address = "mover@example.org";
  const own = await comeIn(page, portal, ROOMY, "Mo Ver", address);
  const [before] = calendarsIn(await portal.postbox.mail(address, /^You have a seat/));

  await page.getByText("Change my registration").click();
  await page.getByRole("radio", { name: /^Online/ }).check();
  await page.getByLabel("For how many people?").selectOption({ label: "2 people" });
  await page.getByRole("button", { name: "Save the changes" }).click();
  await expect(page.getByRole("status")).toContainText("was changed");
  await expect(page.locator(".facts").first()).toContainText("2 seats");
  await expectToFit(page);

  const changed = await portal.postbox.mail(address, /changed/i);
  const [after] = calendarsIn(changed);
  expect(after).toContain("METHOD:REQUEST\r\n");
  expect(field(after, "UID")).toBe(field(before, "UID"));
  expect(Number(field(after, "SEQUENCE").split(":")[1])).toBeGreaterThan(Number(field(before, "SEQUENCE").split(":")[1]));
  expect(field(after, "LOCATION")).toContain("Online");

  // The history says who did what.
  await page.goto(own);
  await expect(page.locator("main")).toContainText("What happened so far");
  await expect(page.locator("main")).toContainText(/online/i);
});

test("more seats than there are is refused, and what one has is kept", async ({ page, portal, complaints }) => {
  const own = await comeIn(page, portal, ROOMY, "Small Crew", "smallcrew@example.org");
  const answer = await page.request.post(`${own}/change`, { form: { name: "Small Crew", language: "en", attendance: "in_person", party: "90" } });
  expect(answer.status()).toBe(422);
  await page.goto(own);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("You have a seat");
  await expect(page.locator("main")).toContainText("Small Crew");
  forgetErrorStatuses(complaints);
});

test("a ticket can be shown, printed and read", async ({ page, portal }) => {
  await comeIn(page, portal, ROOMY, "Tick Et", "ticket@example.org");
  await page.getByRole("link", { name: "Show the ticket" }).click();
  await expect(page.getByRole("img", { name: /QR/ })).toBeVisible();
  await expect(page.locator("main")).toContainText("Tick Et");
  await expectToFit(page);
  await page.emulateMedia({ media: "print" });
  await expect(page.getByRole("img", { name: /QR/ })).toBeVisible();
  await expect(page.locator("nav").first()).toBeHidden();
});

test("everything kept can be taken along, and erased", async ({ page, portal, complaints }) => {
  const address = "leaver@example.org";
  const own = await comeIn(page, portal, ROOMY, "Lea Ver", address);
  const kept = await (await page.request.get(`${own}/export.json`)).text();
  expect(kept).toContain("Lea Ver");
  expect(kept).toContain(address);

  await page.getByRole("link", { name: "Erase everything kept about your address" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Erase everything about me");
  await page.goto(own);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("You have a seat");

  await page.goto(`${own}/erase`);
  await page.getByRole("button", { name: "Erase everything about me" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("You are forgotten");
  const cancelled = await portal.postbox.mail(address, /cancelled/);
  expect(calendarsIn(cancelled).join()).toContain("METHOD:CANCEL\r\n");
  forgetErrorStatuses(complaints);
});

test("a series is registered for at once, and each date stands alone", async ({ page, portal }) => {
  test.setTimeout(120_000);
  const address = "regular@example.org";
  const button = await fill(page, "/series/log-reading", "Reg Ular", address);
  await button.click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Look into your mail");
  const asked = await portal.postbox.mail(address, /^Confirm/);
  await page.goto(asked.text.match(/https?:\/\/\S+\/registrations\/confirm\/\S+/)[0]);
  await page.getByRole("button", { name: /^Yes/ }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("You have a seat");
  await expect
    .poll(() => portal.postbox.to(address).filter((mail) => /^You have a seat/.test(mail.subject)).length, { timeout: 15_000 })
    .toBe(3);
  const uids = portal.postbox.to(address).flatMap((mail) => calendarsIn(mail).slice(0, 1)).map((calendar) => field(calendar, "UID"));
  expect(new Set(uids).size).toBe(3);
});

test("whoever follows is asked first, and one click ends it", async ({ page, portal }) => {
  const address = "follower@example.org";
  await page.goto("/follow");
  await page.getByLabel("Your e-mail address").fill(address);
  await page.getByRole("button", { name: "Follow" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Look into your mail");
  const asked = await portal.postbox.mail(address, /follow/i);
  const link = asked.text.match(/https?:\/\/\S+\/follow\/confirm\/\S+/)[0];
  await page.goto(link);
  await expectToFit(page);
  await page.getByRole("button", { name: "Yes, follow" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("You follow");
});

test("a form that was left open too long, or never handed out, comes back filled in", async ({ page, complaints }) => {
  const answer = await page.request.post(`${SMALL}/register`, {
    form: { name: "Ada", email: "stale@example.org", language: "en", form: "never-handed-out", website: "" },
  });
  expect(answer.status()).toBe(422);
  const body = await answer.text();
  expect(body).toContain('value="stale@example.org"');
  forgetErrorStatuses(complaints);
});
