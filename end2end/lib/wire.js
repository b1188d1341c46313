// A wire between browser and portal that can be cut.

import { once } from "node:events";
import { connect, createServer } from "node:net";

export async function layWire(portalUrl) {
  const portal = new URL(portalUrl);
  const ends = new Set();
  const server = createServer((near) => {
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
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut,
    close() {
      server.close();
      cut();
    },
  };
}
