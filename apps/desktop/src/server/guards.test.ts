import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { guard } from "./guards.ts";

test("no combination of foreign headers gets past the guard", () => {
  const strange = fc.oneof(
    fc.constant(null),
    fc.constantFrom(
      "http://localhost:7420.evil.test",
      "http://localhost",
      "http://127.0.0.1:74200",
      "null",
      "file://",
    ),
    fc.webUrl(),
    fc.string(),
  );
  fc.assert(
    fc.property(
      fc.constantFrom("POST", "PUT", "DELETE", "PATCH"),
      fc.oneof(fc.constant("localhost:7420"), fc.string()),
      strange,
      (method, host, origin) => {
        const verdict = guard({ method, host, origin, fetchSite: null }, 7420);
        assert.equal(
          verdict.ok,
          ["localhost:7420", "127.0.0.1:7420", "[::1]:7420"].includes(host.toLowerCase()) &&
            origin === `http://${host.toLowerCase()}`,
        );
      },
    ),
  );
});
