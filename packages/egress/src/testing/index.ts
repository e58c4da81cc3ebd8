export { makeTestCertificates } from "./certificates.ts";
export {
  type Behaviour,
  type ProviderStandIn,
  type RecordedRequest,
  startProviderStandIn,
} from "./provider-standin.ts";
