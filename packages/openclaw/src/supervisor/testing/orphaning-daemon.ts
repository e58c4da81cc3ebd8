import { createRealGateway } from "../../gateway/testing/real-gateway.ts";

/** Starts OpenClaw, prints its process number and folder, and waits to be killed. */
const real = await createRealGateway({});
real.supervisor.start();
const { pid } = await real.reach("ready");
process.stdout.write(`${pid} ${real.home}\n`);
setInterval(() => undefined, 1000);
