import type { Argument } from "../../shell/argument.ts";
import type { Call, Profile } from "../call.ts";
import { readEverything, simple, splitOptions, suspect } from "../options.ts";

/** A value with `@` or `<` in front is a file of which the content is sent. */
function sentValue(call: Call, value: Argument): void {
  const file = /^(?:[^=]*=)?[@<]([^]*)$/.exec(value.text ?? "")?.[1];
  if (file !== undefined && file !== "-") call.reads({ ...value, text: file, atLeast: file });
  if (value.text === null) call.unknown(`what ${value.source} stands for is not known before the run`);
}

/** The manual of curl 7.88. Options that choose another way, load code or read credentials are not listed. */
const curl: Profile = (call) => {
  let sends = false;
  const urls: Argument[] = [];
  const sending = (_: Call, value: Argument): void => {
    sends = true;
    sentValue(call, value);
  };
  const written = (_: Call, path: Argument): void => {
    if (path.text !== "-") call.writes(path);
  };
  const format = (_: Call, value: Argument): void => {
    sentValue(call, value);
    // From 8.3 on, what is shown can be shown into a file.
    if (/%(?:output|\{?stderr)/.test(value.text ?? ""))
      call.beyond("curl would write what it shows into a file");
  };
  const header = (_: Call, value: Argument): void => {
    sentValue(call, value);
    if (value.text?.startsWith("@") === true) sends = true;
    if (
      /^(?:host|authorization|cookie|proxy-authorization|x-[^:]*(?:key|token|secret)[^:]*)\s*:/i.test(
        value.text ?? "",
      )
    )
      call.beyond("a header says who asks, or for another host");
  };
  const method = (_: Call, { text }: Argument): void => {
    if (!/^(?:GET|HEAD|OPTIONS)$/.test(text ?? "")) sends = true;
  };
  const given = splitOptions(call, call.args, {
    flags: "#0fgGiIjNORsSvZ46",
    values: {
      o: written,
      D: written,
      d: sending,
      F: sending,
      T: (_, path) => {
        sends = true;
        call.reads(path);
      },
      H: header,
      X: method,
      A: "data",
      e: "data",
      m: "data",
      r: "data",
      y: "data",
      Y: "data",
      w: format,
      z: "data",
    },
    long:
      "compressed create-dirs fail fail-early fail-with-body get globoff head http1.0 http1.1 http2 include ipv4 ipv6 " +
      "no-buffer no-keepalive no-progress-meter parallel path-as-is progress-bar raw remote-time silent show-error " +
      "ssl-reqd tlsv1.2 tlsv1.3 verbose styled-output no-styled-output retry-connrefused retry-all-errors",
    longValues: {
      output: written,
      "dump-header": written,
      data: sending,
      "data-ascii": sending,
      "data-binary": sending,
      "data-urlencode": sending,
      "data-raw": (_, value) => {
        sends = true;
        if (value.text === null) call.unknown(`what ${value.source} stands for is not known before the run`);
      },
      form: sending,
      "form-string": (_, value) => {
        sends = true;
        if (value.text === null) call.unknown(`what ${value.source} stands for is not known before the run`);
      },
      json: sending,
      "upload-file": (_, path) => {
        sends = true;
        call.reads(path);
      },
      header,
      request: method,
      cacert: "read",
      "user-agent": "data",
      referer: "data",
      "max-time": "data",
      "connect-timeout": "data",
      retry: "data",
      "retry-delay": "data",
      "retry-max-time": "data",
      "limit-rate": "data",
      "max-filesize": "data",
      range: "data",
      "write-out": format,
      "speed-limit": "data",
      "speed-time": "data",
      url: (_, url) => void urls.push(url),
    },
  });
  if (given === null) {
    for (const arg of call.args) if (/^[a-z][a-z0-9+.-]*:/i.test(arg.atLeast)) call.mentionsUrl(arg);
    return readEverything(call);
  }
  urls.push(...given.operands);
  if (urls.length === 0) call.beyond("curl has no address");
  const globs = !given.options.has("g") && !given.options.has("globoff");
  for (const url of urls) {
    if (globs && /[{}[\]]/.test(url.text ?? "")) call.beyond("curl would make several addresses out of one");
    // What is written into an address leaves with it.
    call.reaches(url, sends);
  }
  if (given.options.has("O"))
    for (const url of urls) {
      call.fillsFolder();
      // The file is called after the end of the address.
      const name =
        url.text
          ?.replace(/[?#].*$/, "")
          .split("/")
          .at(-1) ?? "";
      call.arrivesAt({ ...url, text: `./${name}`, atLeast: `./${name}` });
    }
};

/** The manual of GNU wget 1.21. */
const wget: Profile = (call) => {
  let output = false;
  let stays = false;
  const written = (_: Call, path: Argument): void => {
    output = true;
    if (path.text !== "-") call.writes(path);
  };
  const given = splitOptions(call, call.args, {
    flags: "qvcSN46",
    values: { O: written, o: written, a: written, P: written, T: "data", t: "data", w: "data", U: "data" },
    long: "quiet verbose no-verbose continue server-response timestamping no-clobber spider no-directories https-only no-config",
    longValues: {
      "output-document": written,
      "output-file": written,
      "append-output": written,
      "directory-prefix": written,
      timeout: "data",
      tries: "data",
      wait: "data",
      "user-agent": "data",
      "max-redirect": (_, { text }) => void (stays = text === "0"),
      "limit-rate": "data",
    },
  });
  if (given === null) {
    for (const arg of call.args) if (/^[a-z][a-z0-9+.-]*:/i.test(arg.atLeast)) call.mentionsUrl(arg);
    return readEverything(call);
  }
  for (const url of given.operands) call.reaches(url, false);
  if (!stays) call.beyond("wget would follow where it is sent, to any host");
  if (given.operands.length === 0) call.beyond("wget has no address");
  if (!output && !given.options.has("spider")) call.fillsFolder();
};

/** Programs that reach other computers, or run programs there: only called exactly as granted. */
const reachesOut: Profile = (call) => {
  call.beyond(`${call.name} reaches other computers in ways of its own`);
  for (const arg of call.args) suspect(call, arg);
  for (const [at, { atLeast }] of call.args.entries()) {
    const [, host = "", port = ""] = /^(?:[a-z0-9-]+:)?([^:]*):(\d+)$/i.exec(atLeast) ?? [];
    call.mentionsPort(host, Number(port));
    call.mentionsPort(call.args[at - 1]?.atLeast ?? "", Number(atLeast));
  }
};

export const netProfiles: Readonly<Record<string, Profile>> = {
  curl,
  wget,
  ...Object.fromEntries(
    [
      "ssh",
      "scp",
      "sftp",
      "rsync",
      "nc",
      "ncat",
      "netcat",
      "socat",
      "telnet",
      "ftp",
      "openssl",
      "ping",
      "dig",
      "nslookup",
      "host",
      "gh",
      "aws",
      "gcloud",
      "kubectl",
      "http",
    ].map((name) => [name, reachesOut] as const),
  ),
  hostname: simple({ flags: "dfis", long: "fqdn domain short" }, "none"),
};
