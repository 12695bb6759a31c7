import type { TransportOptions, TransportParameters } from '@tsquic/quic-core';
import type { AdversaryHost } from './adversary-host.ts';
import type { StageProgram } from './witnessed-stage.ts';

/** What an adversary does to an honest side, and what it may cost. */
export interface AdversaryScenario {
  readonly name: string;
  /** What it shows, one line. */
  readonly about: string;
  /** Which side the adversary is. */
  readonly adversary: 'client' | 'server';
  /** Of the honest side. */
  readonly transport?: TransportOptions;
  /** What the program of the honest side does with this connection. */
  readonly program?: StageProgram;
  /** Change the adversary's transport parameters. */
  readonly parameters?: (parameters: TransportParameters) => void;
  /** Whether the adversary acknowledges what comes. Default true. */
  readonly acknowledges?: boolean;
  /** What it sends, again and again, once the handshake is complete. Rounds count from 0. */
  readonly attack: (adversary: AdversaryHost, round: number) => void;
  readonly rounds: number;
  readonly spacingUs: number;
  readonly limits: AdversaryLimits;
}

/** What an attack must come to at most. */
export interface AdversaryLimits {
  /** The error that must end the connection, RFC 9000 §20. Default: it must live on. */
  readonly code?: number;
  /** Bytes that the honest side may send for each that it gets, from the first round to a second after the last … */
  readonly bytesOutPerByteIn: number;
  /** … and besides. Default 5000. */
  readonly bytesOutAtMost?: number;
  /** What everything may hold in memory more than before: the witness, the adversary and the engine's own among it. */
  readonly heldBytes: number;
}
