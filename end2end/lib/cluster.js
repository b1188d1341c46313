// A Kubernetes cluster for each worker, made by the tests' own program, and a portal whose jobs run there.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { openPortal } from "./portal.js";
import { test as base } from "./test.js";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const program = process.env.TRIAL_CLUSTER_PROGRAM ?? join(root, "target/debug/trial-cluster");

/** A cluster whose pods have virtual machines of 300 ms: long enough to be seen, short enough to be waited for. */
export async function openCluster() {
  const child = spawn(program, ["--sandbox-ms", "300"], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([once(lines, "line"), ended.then(() => Promise.reject(new Error("the cluster did not start")))]);
  const told = JSON.parse(line);
  return {
    /** What a portal is told of it. */
    settings: {
      REGATTA__PLAYGROUND__EXECUTOR: "kubernetes",
      REGATTA__PLAYGROUND__KUBERNETES__KUBECONFIG: told.kubeconfig,
      REGATTA__PLAYGROUND__KUBERNETES__NAMESPACE: told.namespace,
      REGATTA__PLAYGROUND__KUBERNETES__RUNTIME_CLASS: "kata",
      REGATTA__PLAYGROUND__KUBERNETES__IMAGES: `host-tools = ${told.tools_image}`,
      REGATTA__PLAYGROUND__KUBERNETES__RUNNER_IMAGE: told.portal_image,
    },
    /** Lets something go wrong from now on. */
    async inject(fault) {
      const answer = await fetch(`${told.control}/faults`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(fault),
      });
      if (!answer.ok) {
        throw new Error(`the cluster does not know this fault: ${await answer.text()}`);
      }
    },
    /** Nothing goes wrong any more. */
    async heal() {
      await fetch(`${told.control}/faults`, { method: "DELETE" });
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}

export const test = base.extend({
  cluster: [
    async ({}, use) => {
      const cluster = await openCluster();
      await use(cluster);
      await cluster.close();
    },
    { scope: "worker" },
  ],
  portal: [
    async ({ cluster }, use, worker) => {
      const portal = await openPortal(`cluster-${worker.workerIndex}`, cluster.settings);
      await use(portal);
      await portal.close();
    },
    { scope: "worker", timeout: 60_000 },
  ],
});
