export { ADVERSARIES } from './adversaries.ts';
export { type Attack, createAdversary } from './adversary.ts';
export { AdversaryHost, type AdversaryHostOptions } from './adversary-host.ts';
export { type AdversaryResult, runAdversary } from './adversary-run.ts';
export type { AdversaryLimits, AdversaryScenario } from './adversary-scenario.ts';
export { type ChartOptions, drawChart, type Series } from './chart.ts';
export type { Corruption } from './corruption.ts';
export { type Datagram, Ecn } from './datagram.ts';
export { drawnScenario, drawnText } from './drawn-text.ts';
export { type BulkOptions, type BulkResult, runBulk } from './experiments/bulk.ts';
export { type FairnessOptions, type FairnessResult, type Flow, runFairness } from './experiments/fairness.ts';
export { type HashedScenario, runTraceHashes } from './experiments/trace-hashes.ts';
export { type FrameFuzzResult, runFrameFuzz } from './experiments/frame-fuzz.ts';
export {
  describeMask,
  MASK_CEILING_US,
  type MaskReport,
  MASKS,
  MASK_FLIGHTS,
  type MaskFlight,
  runHandshakeMasks,
} from './experiments/handshake-masks.ts';
export {
  LOSS_CEILINGS,
  type LossCeiling,
  type LossRow,
  lossScenario,
  runLossRow,
} from './experiments/loss-table.ts';
export { runSuspension, type SuspensionOptions, type SuspensionResult } from './experiments/suspension.ts';
export { createRandomScenario } from './experiments/random-scenario.ts';
export { type CpuOptions, Host, type HostOptions } from './host.ts';
export { type Violation, watchInvariants } from './invariants.ts';
export type { Jitter } from './jitter.ts';
export { type LoopOptions, regularPauses } from './loop.ts';
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
  SECOND_CLIENT_ADDRESS,
  SERVER_ADDRESS,
} from './pair.ts';
export { type Capture, createCapture } from './pcap.ts';
export { encodePcapRecord, pcapFileHeader } from './pcap-record.ts';
export { Peer, type PeerOptions } from './peer.ts';
export { openSimulatedPort, type SimulatedPort, type SimulatedPortOptions } from './port.ts';
export type { QueueKind } from './queue-kind.ts';
export { createRandom, type Random, randomBytes } from './random.ts';
export type { Rate, RateSteps } from './rate.ts';
export type { CapturedDatagram, CapturedPacket, End, Traces } from './runner/capture.ts';
export { RUNNER_CASES } from './runner/catalogue.ts';
export type { RunnerCheck } from './runner/checks.ts';
export type { ConnectionPlan } from './runner/downloads.ts';
export { type RunnerOptions, type RunnerResult, runRunnerCase, SIMPLE_P2P } from './runner/run.ts';
export type { InapplicableCase, RunnerCase } from './runner/runner-case.ts';
export { jainIndex, summarize, type Summary } from './sample.ts';
export type { Exchange, Scenario } from './scenario.ts';
export { runScenario, type ScenarioResult, type ScenarioRunOptions } from './scenario-run.ts';
export { scenarioByName, SCENARIOS } from './scenarios.ts';
export { MULTIPATH_SCENARIOS } from './scenarios/multipath.ts';
export { CONFORMANCE_SCENARIOS, LARGE_SCENARIOS, OUT_OF_REACH_SCENARIOS } from './scenarios/large.ts';
export { StreamCollector } from './stream-collector.ts';
export { StreamFeeder } from './stream-feeder.ts';
export {
  createTestIdentity,
  TEST_SERVER_NAME,
  TEST_UNIX_TIME_US,
  testRootCertificate,
} from './test-identity.ts';
export { createTimeline, type Timeline, type TimelinePoint } from './timeline.ts';
export { createTraceHash, type TraceHash } from './trace-hash.ts';
export { World } from './world.ts';
export type { WitnessedRunOptions } from './witnessed-run.ts';
