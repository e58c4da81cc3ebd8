export { exitStandIn } from "../browser/testing/exit-standin.ts";
