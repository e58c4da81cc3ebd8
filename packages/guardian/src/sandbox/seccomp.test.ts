/** The filter, run by a small machine as the kernel runs it, for each call that there is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seccompFilter } from "./seccomp.ts";

const allow = 0x7fff_0000;
const kill = 0x8000_0000;
const notPermitted = 0x0005_0001;
const notThere = 0x0005_0026;

interface Call {
  readonly number: number;
  readonly audit: number;
  readonly first?: number;
}

/** Classic BPF, of which the filter uses four instructions (`linux/filter.h`). */
function run(filter: Uint8Array, { number, audit, first = 0 }: Call): number {
  const view = new DataView(filter.buffer);
  const data: Readonly<Record<number, number>> = { 0: number, 4: audit, 16: first };
  let held = 0;
  for (let at = 0; ; at += 1) {
    assert.ok(at * 8 < filter.length, "it runs past its end");
    const value = view.getUint32(at * 8 + 4, true);
    const jump = (holds: boolean): void => void (at += view.getUint8(at * 8 + (holds ? 2 : 3)));
    switch (view.getUint16(at * 8, true)) {
      case 0x20:
        held = data[value] ?? assert.fail("it looks at something else");
        break;
      case 0x15:
        jump(held === value);
        break;
      case 0x35:
        jump(held >= value);
        break;
      case 0x06:
        return value;
      default:
        assert.fail("another instruction");
    }
  }
}

/** Numbers of `asm/unistd.h`; `audit` of `linux/audit.h`. */
const kinds = {
  x64: {
    audit: 0xc000_003e,
    socket: 41,
    refused: [248, 249, 250, 298, 321, 323],
    free: [0, 1, 2, 42, 53, 59, 231],
  },
  arm64: {
    audit: 0xc000_00b7,
    socket: 198,
    refused: [217, 218, 219, 241, 280, 282],
    free: [56, 63, 64, 93, 199, 203, 221],
  },
};

for (const [name, { audit, socket, refused, free }] of Object.entries(kinds)) {
  const filter = seccompFilter(name) ?? assert.fail(name);
  const answer = (number: number, first?: number): number =>
    run(filter, { number, audit, ...(first === undefined ? {} : { first }) });

  test(`${name}: of all calls those are refused that lead out, and no other`, () => {
    for (let number = 0; number < 1024; number += 1) {
      const expected = refused.includes(number)
        ? notPermitted
        : [425, 426, 427].includes(number)
          ? notThere
          : number === socket
            ? notPermitted
            : allow;
      assert.equal(answer(number), expected, `call ${number}`);
    }
    for (const number of free) assert.equal(answer(number), allow);
  });

  test(`${name}: a socket is of the sandbox's own network, or there is none`, () => {
    for (let family = 0; family < 64; family += 1)
      assert.equal(answer(socket, family), [2, 10, 16].includes(family) ? allow : notPermitted, `${family}`);
  });

  test(`${name}: a program of another kind of processor is killed`, () => {
    for (const other of [0x4000_0003, 0x4000_0028, 0, audit ^ 0x8000_0000])
      for (const number of [0, socket, 102, 359])
        assert.equal(run(filter, { number, audit: other, first: 2 }), kill);
  });
}

test("x64: a program that calls by the numbers of x32 is killed", () => {
  const filter = seccompFilter("x64") ?? assert.fail();
  for (const number of [0, 41, 425, 0x3fff_ffff])
    assert.equal(run(filter, { number: 0x4000_0000 + number, audit: kinds.x64.audit, first: 2 }), kill);
  assert.equal(run(filter, { number: 0x3fff_ffff, audit: kinds.x64.audit }), allow);
});

test("there is none for a processor that nobody looked at", () => {
  for (const name of ["ia32", "riscv64", ""]) assert.equal(seccompFilter(name), null, name);
});
