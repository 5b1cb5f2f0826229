import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { execa } from "execa";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { describeWith } from "../requires.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

describeWith({ chromium: "chromium" }, "the site of the pages", () => {
  const folder = mkdtempSync(join(tmpdir(), "fob-site-"));
  let browser: Browser;
  beforeAll(async () => {
    await execa("node", ["scripts/docs-site.mjs", folder], { cwd: ROOT });
    const args = ["--no-sandbox", "--disable-gpu", "--no-first-run"];
    browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  /** A page in a new window that loads files of the site alone, and reports nothing wrong. */
  async function open(
    name: string,
    options: Parameters<Browser["newContext"]>[0] = {},
  ): Promise<Page> {
    const context = await browser.newContext(options);
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const complaints: string[] = [];
    const site = pathToFileURL(folder).href;
    page.on("request", (request) => {
      if (!request.url().startsWith(site)) complaints.push(`asks ${request.url()}`);
    });
    page.on("requestfailed", (request) => {
      // what the next page made unnecessary
      const isCutOff = request.failure()?.errorText === "net::ERR_ABORTED";
      if (!isCutOff) complaints.push(`lacks ${request.url()}`);
    });
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", ({ message }) => complaints.push(message));
    onTestFinished(() => expect(complaints).toEqual([]));
    await page.goto(`${site}/${name}`);
    return page;
  }

  function background(page: Page): Promise<string> {
    return page.evaluate("getComputedStyle(document.body).backgroundColor");
  }

  test("every page opens from its file, has no wider content than the window, and asks nobody else", async () => {
    const page = await open("index.html", { viewport: { width: 390, height: 800 } });
    for (const name of readdirSync(folder).filter((each) => each.endsWith(".html"))) {
      await page.goto(`${pathToFileURL(folder)}/${name}`);
      const widest = await page.evaluate("document.documentElement.scrollWidth");
      expect([name, widest]).toEqual([name, 390]);
    }
  });

  test("the search finds a section from the keyboard and leads to it", async () => {
    const page = await open("index.html");
    await page.keyboard.press("/");
    await page.keyboard.type("wrong clocks");
    await page.locator("#results a").first().waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(/security\.html#wrong-clocks$/);
    expect(await page.locator("h2#wrong-clocks").isVisible()).toBe(true);
  });

  test("a search that finds nothing says so, and Escape closes it", async () => {
    const page = await open("index.html");
    await page.getByRole("searchbox").fill("xyzzyplugh");
    expect(await page.locator("#results").innerText()).toBe("Nothing was found.");
    await page.keyboard.press("Escape");
    expect(await page.locator("#results").isVisible()).toBe(false);
  });

  test("colours are the system's until the reader chooses, and the choice stays", async () => {
    const light = await open("index.html", { colorScheme: "light" });
    const dark = await open("index.html", { colorScheme: "dark" });
    expect(await background(light)).toBe("rgb(255, 255, 255)");
    expect(await background(dark)).not.toBe("rgb(255, 255, 255)");
    await light.getByRole("button", { name: "Light or dark" }).click();
    expect(await background(light)).toBe(await background(dark));
    await light.reload();
    expect(await background(light)).toBe(await background(dark));
  });

  test("without scripts the pages are whole, and nothing that needs them is shown", async () => {
    const page = await open("security.html", { javaScriptEnabled: false });
    expect(await page.locator("h1").innerText()).toBe("Security");
    expect(await page.getByRole("searchbox").isVisible()).toBe(false);
    await page.locator("nav").getByText("The lab").click();
    expect(await page.locator("h1").innerText()).toBe("The lab");
  });
});
