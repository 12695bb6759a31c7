export { AdversaryEndpoint } from './adversary-endpoint.ts';
export type {
  AdversaryEndpointOptions,
  AdversaryPacketOptions,
  MadePacket,
  SeenPacket,
} from './adversary-options.ts';
export {
  ackFrame,
  cryptoFrame,
  frame,
  hugeVarint,
  readFrames,
  type SeenFrame,
  streamFrame,
} from './raw-frames.ts';
export { tlsMessage, withoutExtension } from './tls-messages.ts';
