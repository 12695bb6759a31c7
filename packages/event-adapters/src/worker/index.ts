export {
  NetworkThread,
  type NetworkThreadOptions,
  startNetworkThread,
  type ThreadHandle,
} from './network-thread.ts';
export { type ApplicationSide, runNetworkThread, type ThreadProgram } from './run-network-thread.ts';
export { SharedRing } from './shared-ring.ts';
export { StreamRelay, type StreamRelayOptions } from './stream-relay.ts';
export { createLinkEnds, DatagramLink, type LinkedDatagram, type LinkEnd } from './datagram-link.ts';
