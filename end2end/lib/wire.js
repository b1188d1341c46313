// A wire between browser and portal that can be cut or frozen.

import { once } from "node:events";
import { connect, createServer } from "node:net";

/** A wire to the portal. `cut` breaks what is connected; `freeze` lets streams hang without a word, as when a computer slept. */
export async function layWire(portalUrl) {
  const portal = new URL(portalUrl);
  const ends = new Set();
  const streaming = new Set();
  const server = createServer((near) => {
    near.on("data", (bytes) => streaming[bytes.includes("/events?") ? "add" : "delete"](far));
    const far = connect(Number(portal.port), portal.hostname);
    for (const [end, other] of [[near, far], [far, near]]) {
      ends.add(end);
      end.pipe(other);
      end.on("error", () => {});
      end.on("close", () => {
        ends.delete(end);
        other.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = () => ends.forEach((end) => end.destroy());
  const freeze = () => streaming.forEach((far) => far.unpipe());
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut,
    freeze,
    close() {
      server.close();
      cut();
    },
  };
}
