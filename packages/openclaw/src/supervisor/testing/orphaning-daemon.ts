import { createRealGateway } from "../../gateway/testing/real-gateway.ts";

/** Starts OpenClaw, prints its process number and waits to be killed. */
const real = await createRealGateway({});
real.supervisor.start();
const { pid } = await real.reach("ready");
process.stdout.write(`${pid}\n`);
setInterval(() => undefined, 1000);
