import { expectFragmentsToExist, expectToBeAPage, expectToFit, explore } from "../lib/site.js";
import { expect, forgetErrorStatuses, test } from "../lib/test.js";

// What the site is made of; each of them must be found by following links alone.
const EXPECTED = [
  "/",
  "/ambassadors",
  "/ambassadors/helen-beal",
  "/events",
  "/events/spinnaker-live-2020",
  "/events/second-cicd-meetup-china",
  "/posts",
  "/posts/screwdriver-kata-containers",
  "/playground",
  "/showcase",
  "/privacy",
  "/code-of-conduct",
  "/imprint",
];

test("every page is reached by links, is whole and fits every screen", async ({ page, request, baseURL }) => {
  test.setTimeout(180_000);
  const { pages } = await explore(request, baseURL);
  expect(pages).toEqual(expect.arrayContaining(EXPECTED));
  const loaded = [];
  let here = "";
  // The page of a run, also of one that is over, is more than content: its log can be searched and folded.
  page.on("request", (asked) => here.startsWith("/runs/") || loaded.push(asked.url()));
  for (const path of pages) {
    here = path;
    await page.goto(path);
    await expectToBeAPage(page);
    await expectFragmentsToExist(page);
    await expectToFit(page);
  }
  expect(loaded.filter((url) => /\.wasm|islands-|regatta-[0-9a-f]+\.js/.test(url)), "content pages load no WebAssembly").toEqual([]);
});

test("a page that is not there says so and leads on", async ({ page, complaints }) => {
  for (const path of ["/nothing-here", "/events/nothing-here", "/posts/nothing-here", "/ambassadors/x", "/runs/x", "/playground/x"]) {
    const answer = await page.goto(path);
    expect(answer.status(), path).toBe(404);
    await expectToBeAPage(page);
    await expectToFit(page);
    await expect(page.locator("main").getByRole("link").first()).toBeVisible();
  }
  forgetErrorStatuses(complaints);
});

test("addresses that forms send to lead back to the form, or show nothing, and do nothing", async ({ page, request }) => {
  await page.goto("/runs");
  await expect(page).toHaveURL("/playground");
  await page.goto("/events/harbour-evening/register");
  await expect(page).toHaveURL("/events/harbour-evening#register");
  const answer = await request.get("/runs/aaaaaaaaaaaaaaaaaaaaaaaaaa/cancel");
  expect(answer.status()).toBe(405);
  expect(await answer.text()).toContain("<h1");
});

test("a form of another site is refused", async ({ request }) => {
  const answer = await request.post("/events/harbour-evening/register", {
    headers: { origin: "https://elsewhere.example", "sec-fetch-site": "cross-site" },
    form: { name: "Mallory", email: "mallory@example.org" },
  });
  expect(answer.status()).toBe(403);
});

test("pages forbid scripts and styles that are not the portal's own", async ({ request }) => {
  const answer = await request.get("/");
  const policy = answer.headers()["content-security-policy"];
  expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
  expect(policy).not.toContain("unsafe-inline");
  const html = await answer.text();
  expect(html).not.toMatch(/<script(?![^>]*\b(?:src=|type="application\/ld\+json"))/);
  expect(html).not.toMatch(/<style|\sstyle="|\son[a-z]+="/);
});

test("assets may be kept for ever and come compressed", async ({ request, baseURL }) => {
  const { others } = await explore(request, baseURL);
  const assets = others.filter((path) => path.startsWith("/assets/"));
  expect(assets.length).toBeGreaterThan(1);
  for (const path of assets) {
    const answer = await request.get(path);
    expect(answer.headers()["cache-control"], path).toContain("immutable");
  }
  const sheet = assets.find((path) => path.endsWith(".css"));
  const compressed = await request.get(sheet, { headers: { "accept-encoding": "br" } });
  expect(compressed.headers()["content-encoding"]).toBe("br");
});
