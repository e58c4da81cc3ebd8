export { gatewayArguments, gatewayEnvironment } from "./gateway-process.ts";
export { type ConfigInput, type DoorProvider, renderConfig, secretIds } from "./render-config.ts";
