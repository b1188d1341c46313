// Brings the islands of this page to life: loads the WebAssembly and hands each island to the component that rendered it.
// Named on pages with islands only. Without it, or should it fail, every island stays the HTML that the server sent.

import start, * as components from "./regatta.js";

// An island within the children that the server rendered for another one belongs to that outer one: `outer` runs first.
async function hydrate(node, outer) {
  const tag = node.localName;
  if (tag === "leptos-island") {
    const component = components[node.dataset.component];
    if (component) {
      outer?.();
      await component(node);
    } else {
      console.error(`No component is named ${node.dataset.component}. Page and WebAssembly are of different builds.`);
    }
  }
  const inner = tag === "leptos-children" ? node.$$on_hydrate : outer;
  for (const child of [...node.children]) {
    await hydrate(child, inner);
  }
}

await start({ module_or_path: new URL("./regatta.wasm", import.meta.url) });
components.hydrate();
await hydrate(document.body);
