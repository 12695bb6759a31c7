export { type Datagram, Ecn } from './datagram.ts';
export { type CpuOptions, Host, type HostOptions } from './host.ts';
export type { Jitter } from './jitter.ts';
export {
  ECN_ALL_CE,
  ECN_BLEACH,
  ECN_SWAP,
  Link,
  LINK_DEFAULTS,
  type LinkCounters,
  type LinkOptions,
  type Span,
} from './link.ts';
export type { Loss } from './loss-models.ts';
export type { NatOptions } from './nat.ts';
export type { Observer } from './observer.ts';
export {
  CLIENT_ADDRESS,
  createConnectedPair,
  createPair,
  type HostExtras,
  type Pair,
  type PairOptions,
  randomBytes,
  SERVER_ADDRESS,
} from './pair.ts';
export { Peer, type PeerOptions } from './peer.ts';
export type { QueueKind } from './queue-kind.ts';
export { createRandom, type Random } from './random.ts';
export type { Rate, RateSteps } from './rate.ts';
export { StreamCollector } from './stream-collector.ts';
export { StreamFeeder } from './stream-feeder.ts';
export {
  createTestIdentity,
  TEST_SERVER_NAME,
  TEST_UNIX_TIME_US,
  testRootCertificate,
} from './test-identity.ts';
export { World } from './world.ts';
