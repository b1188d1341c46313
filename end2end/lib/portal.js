// A portal with a data folder, a port and a mail server of its own, gone when its worker ends.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { Postbox } from "./postbox.js";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const program = process.env.REGATTA_PROGRAM ?? join(root, "target/debug/regatta");

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

/** A portal with these settings beside its usual ones, as environment variables. */
export async function openPortal(name, settings = {}) {
  const [data, port, postbox] = [await mkdtemp(join(tmpdir(), "regatta-e2e-")), await freePort(), await Postbox.open()];
  const url = `http://127.0.0.1:${port}`;
  const logs = join(root, "end2end/test-results/portals");
  await mkdir(logs, { recursive: true });
  const env = {
    PATH: process.env.PATH,
    REGATTA__HTTP__LISTEN: `127.0.0.1:${port}`,
    REGATTA__HTTP__BASE_URL: url,
    REGATTA__DATA_DIR: join(data, "data"),
    REGATTA__CONTENT__DIR: join(root, "content"),
    REGATTA__MAIL__URL: `smtp://127.0.0.1:${postbox.port}`,
    REGATTA__LIMITS__RUNS_PER_HOUR: "1000",
    REGATTA__LIMITS__RUNS_PER_VISITOR: "10",
    ...settings,
  };
  const log = createWriteStream(join(logs, `${name}.log`));
  const launch = () => serve(url, { cwd: data, env }, log);
  let running = await launch();
  const end = async (signal) => {
    running.child.kill(signal);
    await running.ended;
  };
  return {
    url,
    postbox,
    /** Kills it, and starts it again with what it had stored. */
    async restart(signal) {
      await end(signal);
      running = await launch();
    },
    async close() {
      await end("SIGTERM");
      log.end();
      await postbox.close();
      await rm(data, { recursive: true, force: true });
    },
  };
}

async function serve(url, place, log) {
  const child = spawn(program, ["serve"], { ...place, stdio: ["ignore", "pipe", "pipe"] });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (text) => said.push(text));
    stream.pipe(log, { end: false });
  }
  const ended = once(child, "exit");
  await listening(url, child, said);
  return { child, ended };
}

async function listening(url, child, said) {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline && child.exitCode === null) {
    try {
      await fetch(`${url}/healthz`);
      return;
    } catch {
      await new Promise((again) => setTimeout(again, 25));
    }
  }
  child.kill("SIGKILL");
  throw new Error(`the portal does not listen:\n${said.join("")}`);
}
