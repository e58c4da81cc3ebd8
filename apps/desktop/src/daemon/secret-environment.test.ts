import assert from "node:assert/strict";
import { test } from "node:test";
import { partEnvironment } from "./secret-environment.ts";

test("keys, tokens and passwords are parted from the rest, and nothing is lost", () => {
  const environment = {
    PATH: "/bin",
    KEYBOARD: "us",
    OPENAI_API_KEY: "sk-1",
    GH_TOKEN: "t",
    aws_secret: "s",
    SMARTCLAW_HOME: "/data",
    PGPASSWORD_FILE: "/f",
  };
  const { plain, secret } = partEnvironment(environment);
  assert.deepEqual(Object.keys(secret), ["OPENAI_API_KEY", "GH_TOKEN", "aws_secret"]);
  assert.deepEqual({ ...plain, ...secret }, environment);
});
