// What holds for every page, and how to find them all.

import { expect } from "./test.js";

/** Follows every link of the site from its first page: the pages in HTML, and all else that is linked. */
export async function explore(request, baseURL) {
  const pages = [];
  const others = [];
  const known = new Set(["/"]);
  for (const path of known) {
    const answer = await request.get(path, { maxRedirects: 0 });
    expect(answer.status(), `${path} is linked and must be there`).toBe(200);
    if (!(answer.headers()["content-type"] ?? "").startsWith("text/html")) {
      others.push(path);
      continue;
    }
    pages.push(path);
    for (const target of targets(await answer.text(), new URL(path, baseURL))) {
      known.add(target);
    }
  }
  return { pages, others };
}

/** The addresses within the site that a page links to or loads. */
function targets(html, from) {
  const found = [...html.matchAll(/<(?:a|link|script|img|source)\b[^>]*?\b(?:href|src)="([^"]+)"/g)];
  return found
    .map(([, address]) => new URL(address.replaceAll("&amp;", "&"), from))
    .filter((address) => address.origin === from.origin)
    .map((address) => address.pathname + address.search);
}

/** Every address within the page that leads to a part of a page leads to one that is there. */
export async function expectFragmentsToExist(page) {
  const dangling = await page.evaluate(() =>
    [...document.querySelectorAll('a[href^="#"]')]
      .map((link) => link.getAttribute("href").slice(1))
      .filter((id) => id !== "" && !document.getElementById(id)),
  );
  expect(dangling, `links within ${page.url()}`).toEqual([]);
}

/** One heading that names the page, a language, a title. */
export async function expectToBeAPage(page) {
  await expect(page.locator("h1"), `${page.url()} has one heading of the first level`).toHaveCount(1);
  await expect(page.locator("html")).toHaveAttribute("lang", /./);
  await expect(page).toHaveTitle(/./);
  await expect(page.locator("main")).toHaveCount(1);
}

/** Nothing sticks out to the side, from a small phone to a desk. */
export async function expectToFit(page, widths = [320, 390, 1280]) {
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    const over = await page.evaluate(() => {
      const room = document.documentElement.clientWidth;
      const sticking = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > room + 1);
      return document.documentElement.scrollWidth > room ? sticking.slice(0, 5).map((element) => element.outerHTML.slice(0, 120)) : [];
    });
    expect(over, `${page.url()} at ${width} px`).toEqual([]);
  }
}
