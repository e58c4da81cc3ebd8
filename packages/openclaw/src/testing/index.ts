export { newWorld, openclaw as smallOpenClaw, type World } from "../install/testing/resolve-world.ts";
export { startModelStandIn } from "../gateway/testing/model-stand-in.ts";
export { createRealGateway, type RealGateway, until } from "../gateway/testing/real-gateway.ts";
export { bringOtherNode, openOtherNodes, otherVersion } from "../runtime/testing/other-node.ts";
