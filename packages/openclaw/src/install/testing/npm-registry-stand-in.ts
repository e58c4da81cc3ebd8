import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import type { RegistryKey } from "../registry-key.ts";

export interface PackageToPublish {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly scripts?: Record<string, string>;
  readonly engines?: Record<string, string>;
  readonly os?: string | readonly string[];
  readonly cpu?: string | readonly string[];
  readonly bundleDependencies?: readonly string[];
  /** Files beside `package.json`. */
  readonly files?: Record<string, string>;
  /** With a proof of where it was built. */
  readonly attested?: boolean;
  readonly publishedAt?: string;
}

/** What the registry says of one version. */
export interface StandInManifest {
  name: string;
  version: string;
  dist: {
    integrity?: string;
    shasum: string;
    tarball: string;
    signatures?: { keyid: string; sig: string }[];
    attestations?: object;
  };
  [field: string]: unknown;
}

/**
 * A stand-in for the npm registry: whole packages, single versions, tarballs and keys over HTTP on loopback, as in
 * https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md, with signatures as the real one makes them.
 */
export interface NpmRegistryStandIn {
  readonly url: string;
  /** Packs and signs, with every key made so far that has not expired. */
  publish(one: PackageToPublish): { readonly integrity: string };
  /** What is said of a version when nobody tampers. */
  manifest(name: string, version: string): StandInManifest;
  /** Signs from now on, beside those that have not expired. */
  newKey(expires?: string | null): RegistryKey;
  /** Signs what is published from now on, whether it has expired or not. */
  signWith(keys: readonly RegistryKey[]): void;
  /**
   * Changes what is answered about a version, as a bad registry or somebody on the way could, in the package's document
   * or in the version's; null hides the version. The latest call counts.
   */
  tamper(
    change: (manifest: StandInManifest, document: "package" | "version") => StandInManifest | null,
  ): void;
  /** Answers that come before all others, by path. Null lets the rest through. */
  intercept(answer: (path: string) => { status: number; body: string } | null): void;
  requests(): readonly string[];
  close(): Promise<void>;
}

interface Published {
  readonly manifest: StandInManifest;
  readonly tarball: Buffer;
  readonly publishedAt: string;
}

/** Starts one on a free port. Nothing is published yet and there is no key, so nothing would be signed. */
export async function startNpmRegistryStandIn(): Promise<NpmRegistryStandIn> {
  const packages = new Map<string, Map<string, Published>>();
  const privateKeys = new Map<string, KeyObject>();
  const requests: string[] = [];
  let keys: RegistryKey[] = [];
  let signers: readonly RegistryKey[] = [];
  let change: Parameters<NpmRegistryStandIn["tamper"]>[0] = (manifest) => manifest;
  let early: Parameters<NpmRegistryStandIn["intercept"]>[0] = () => null;

  const packageDocument = (name: string, versions: Map<string, Published>): object => {
    const shown = [...versions].flatMap(([version, { manifest, publishedAt }]) => {
      const told = change(structuredClone(manifest), "package");
      return told === null ? [] : [{ version, told, publishedAt }];
    });
    return {
      _id: name,
      name,
      "dist-tags": { latest: shown.at(-1)?.version },
      versions: Object.fromEntries(shown.map(({ version, told }) => [version, told])),
      time: Object.fromEntries(shown.map(({ version, publishedAt }) => [version, publishedAt])),
    };
  };

  const answer = (path: string): { status: number; body: string | Buffer } => {
    const first = early(path);
    if (first !== null) return first;
    const found = (body: object | null): { status: number; body: string } =>
      body === null ? { status: 404, body: "{}" } : { status: 200, body: JSON.stringify(body) };
    if (path === "/-/npm/v1/keys") return found({ keys });
    const parts = /^\/(?<name>(?:@[^/]+\/)?[^/]+)(?:\/-\/(?<file>.+)\.tgz|\/(?<version>[^/]+))?$/.exec(
      path,
    )?.groups;
    const versions = packages.get(parts?.["name"] ?? "");
    if (parts === undefined || versions === undefined) return found(null);
    const { name = "", file, version } = parts;
    if (file !== undefined) {
      const one = versions.get(file.slice(name.slice(name.lastIndexOf("/") + 1).length + 1));
      return one === undefined ? found(null) : { status: 200, body: one.tarball };
    }
    if (version === undefined) return found(packageDocument(name, versions));
    const one = versions.get(version);
    return found(one === undefined ? null : change(structuredClone(one.manifest), "version"));
  };

  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://registry").pathname);
    requests.push(`${request.method} ${path}`);
    const { status, body } = answer(path);
    response.writeHead(status, {
      "content-type": Buffer.isBuffer(body) ? "application/octet-stream" : "application/json",
      "content-length": Buffer.byteLength(body),
    });
    response.end(request.method === "HEAD" ? undefined : body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

  return {
    url,
    publish({ files = {}, attested = false, publishedAt = "2026-01-01T00:00:00.000Z", ...fields }) {
      const { name, version } = fields;
      const tarball = pack({ "package.json": JSON.stringify(fields), ...files });
      const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
      const message = Buffer.from(`${name}@${version}:${integrity}`);
      const signatures = signers.flatMap(({ keyid }) => {
        const key = privateKeys.get(keyid);
        return key === undefined ? [] : [{ keyid, sig: sign("sha256", message, key).toString("base64") }];
      });
      const manifest: StandInManifest = {
        ...fields,
        _id: `${name}@${version}`,
        dist: {
          integrity,
          shasum: createHash("sha1").update(tarball).digest("hex"),
          tarball: `${url}${name}/-/${name.slice(name.lastIndexOf("/") + 1)}-${version}.tgz`,
          ...(signatures.length > 0 && { signatures }),
          ...(attested && {
            attestations: {
              url: `${url}-/npm/v1/attestations/${name}@${version}`,
              provenance: { predicateType: "https://slsa.dev/provenance/v1" },
            },
          }),
        },
      };
      const versions = packages.get(name) ?? new Map<string, Published>();
      packages.set(name, versions.set(version, { manifest, tarball, publishedAt }));
      return { integrity };
    },
    manifest(name, version) {
      const one = packages.get(name)?.get(version);
      if (one === undefined) throw new Error(`${name} ${version} is not published`);
      return structuredClone(one.manifest);
    },
    newKey(expires = null) {
      const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const der = publicKey.export({ format: "der", type: "spki" });
      const keyid = `SHA256:${createHash("sha256").update(der).digest("base64").replace(/=+$/, "")}`;
      const key = { keyid, key: der.toString("base64"), expires };
      privateKeys.set(keyid, privateKey);
      keys = [...keys, key];
      signers = keys.filter((one) => one.expires === null || Date.parse(one.expires) > Date.now());
      return key;
    },
    signWith: (chosen) => void (signers = chosen),
    tamper: (next) => void (change = next),
    intercept: (next) => void (early = next),
    requests: () => requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A tarball as npm packs it: everything below `package/`, in the ustar format of POSIX. */
function pack(files: Record<string, string>): Buffer {
  const entries = Object.entries(files).flatMap(([name, text]) => {
    const content = Buffer.from(text);
    const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
    return [tarHeader(`package/${name}`, content.length), content, padding];
  });
  return gzipSync(Buffer.concat([...entries, Buffer.alloc(1024)]));
}

function tarHeader(path: string, size: number): Buffer {
  const header = Buffer.alloc(512);
  const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, "0")}\0`;
  header.write(path, 0);
  header.write(octal(0o644, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(size, 12), 124);
  header.write(octal(0, 12), 136);
  header.write("        0", 148);
  header.write("ustar\u000000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}
