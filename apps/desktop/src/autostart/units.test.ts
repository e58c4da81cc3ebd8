import assert from "node:assert/strict";
import { test } from "node:test";
import { launchAgent, systemdUnit, windowsTask } from "./units.ts";

const program = {
  node: "/opt/my node/bin/node",
  flags: ["--flag"],
  daemon: '/home/a"b/daemon.js',
  home: "/data/50% $HOME",
};

test("paths with blanks, quotes, per cent and dollar signs survive systemd", () => {
  const unit = systemdUnit(program);
  assert.match(
    unit,
    /^ExecStart="\/opt\/my node\/bin\/node" "--flag" "\/home\/a\\"b\/daemon\.js" "--service"$/m,
  );
  assert.match(unit, /^Environment="SMARTCLAW_HOME=\/data\/50%% \$\$HOME"$/m);
});

test("launchd gets escaped text, Windows quoted programs without elevation", () => {
  assert.match(launchAgent("label", { ...program, daemon: "/a&<b" }), /<string>\/a&amp;&lt;b<\/string>/);
  const task = windowsTask(program);
  assert.ok(task.includes("LIMITED") && task.at(-1)?.startsWith('"/opt/my node'));
});
