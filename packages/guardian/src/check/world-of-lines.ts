import { type Description, describedWorld } from "../world/described-world.ts";
import type { World } from "../world/world.ts";

const project = "/home/u/proj";
const inProject = (names: string): string[] => names.split(" ").map((name) => `${project}/${name}`);

/**
 * The computer on which lines to be checked are judged unless they name a folder that is there: a home, a project under
 * version control, and what an attacker would have left in it.
 */
const description: Description = {
  home: "/home/u",
  user: "u",
  folders: [
    ...inProject("src bin build scripts tests docs .git/hooks .git/objects"),
    "/home/u/other/.git",
    "/home/u/proj-evil",
    "/tmp",
    "/usr/bin",
    "/usr/sbin",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/bin",
    "/run/user/1000",
    "/var/tmp",
    "/proc/self",
    "/dev",
    "/mnt",
  ],
  files: [
    ...inProject(
      "README.md package.json Makefile a.txt big.txt notes.md build.log out.tar out.tgz src/a.ts src/b.ts tests/test_a.py " +
        "scripts/report.py scripts/build.js bin/git bin/ls ls run.sh build.sh run.sed run.awk run.cfg evil.cfg .git/config .git/HEAD",
    ),
    `${project}/my file.txt`,
    "/home/u/proj-evil/o.txt",
    "/home/u/.ssh/id_rsa",
    "/home/u/.ssh/config",
    "/home/u/.bashrc",
    "/etc/passwd",
    "/etc/shadow",
    "/etc/hostname",
    "/etc/hosts",
  ],
  links: {
    [`${project}/link-out`]: "/home/u/other",
    [`${project}/link-key`]: "/home/u/.ssh/id_rsa",
    "/bin": "usr/bin",
    "/sbin": "usr/sbin",
    "/lib": "usr/lib",
    "/lib64": "usr/lib64",
    "/var/run": "/run",
    "/proc/self/root": "/",
    "/proc/self/cwd": project,
  },
  hardLinks: [`${project}/hard-out`, "/home/u/other/o.txt"],
  controlPorts: [4400, 18_789, 18_810],
};

export function worldOfLines(): World {
  return describedWorld(description);
}
