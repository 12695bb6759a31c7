import type { ConnectionOptions, QuicConnection, QuicContextOptions } from '@tsquic/quic-core';
import type { LinkOptions } from '../link.ts';
import type { NatOptions } from '../nat.ts';
import type { RunnerCheck } from './checks.ts';
import type { Traces } from './capture.ts';
import type { ConnectionPlan } from './downloads.ts';

/** A test case of quic-interop-runner: network, requests and verdict. */
export interface RunnerCase {
  /** As the runner calls it. */
  readonly name: string;
  /** What must be seen, besides the number of handshakes, version 1 and the files. */
  readonly about: string;
  /** Lengths of the files, bytes. */
  readonly files: readonly number[];
  /** Length of the files' names. Default 10. */
  readonly nameLength?: number;
  /** Default 'one'. */
  readonly connections?: ConnectionPlan;
  /** Handshakes that the server's Initial packets must show. Default 1. */
  readonly handshakes?: number;
  /** Both directions: others than 10 Mbit/s, 15 ms and 25 datagrams. */
  readonly link?: Partial<LinkOptions>;
  /** Client to server. */
  readonly up?: Partial<LinkOptions>;
  readonly nat?: NatOptions;
  readonly family?: 'ipv6';
  /** The server has a preferred address. */
  readonly prefersAddress?: boolean;
  readonly client?: Partial<QuicContextOptions>;
  readonly server?: Partial<QuicContextOptions>;
  readonly connection?: Partial<ConnectionOptions>;
  /** Length of the server's certificate chain, at least. */
  readonly chainBytes?: number;
  /** Is called once the handshake is confirmed. */
  readonly onConfirmed?: (client: QuicConnection) => void;
  /** Virtual time after which the runner gives up, seconds. Default 60. */
  readonly timeoutSeconds?: number;
  readonly checks: readonly RunnerCheck[];
  /** What the checks have measured, for people. */
  readonly figure?: (traces: Traces) => string;
}

/** A case that cannot be run, and why. */
export interface InapplicableCase {
  readonly name: string;
  readonly notApplicable: string;
}
