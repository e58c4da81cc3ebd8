import { smallOpenClaw, type World } from "@smartclaw/openclaw/testing";

type Poison = "corrupt tarball" | "wrong signature" | "missing signature";

/** Publishes a release as the newest, of which the registry then gives or tells something wrong. */
export function publishPoisoned({ registry }: World, version: string, poison: Poison): void {
  registry.publish(smallOpenClaw(version));
  registry.tamper((manifest) => {
    if (manifest.name !== "openclaw" || manifest.version !== version) return manifest;
    const { signatures: _, ...dist } = manifest.dist;
    if (poison === "missing signature") return { ...manifest, dist };
    if (poison === "corrupt tarball") return manifest;
    const { signatures = [] } = registry.manifest("openclaw", "1.0.0").dist;
    return { ...manifest, dist: { ...dist, signatures } };
  });
  registry.intercept((path) => {
    if (path === "/-/package/openclaw/dist-tags")
      return { status: 200, body: JSON.stringify({ latest: version }) };
    if (poison === "corrupt tarball" && path === `/openclaw/-/openclaw-${version}.tgz`)
      return { status: 200, body: "another file" };
    return null;
  });
}
