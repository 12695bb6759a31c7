import type {
  Address,
  CloseReason,
  QuicContextOptions,
  TransportOptions,
  TransportParameters,
} from '@tsquic/quic-core';
import type { CryptoProvider } from '@tsquic/crypto';
import type { Http3Options } from '@tsquic/http3';
import type { Identity, Level } from '@tsquic/tls13';
import type { AdversaryEndpoint, AdversaryEndpointOptions } from '@tsquic/adversary';
import type { AdversaryHost } from './adversary-host.ts';
import type { Peer } from './peer.ts';
import type { StageProgram } from './witnessed-stage.ts';
import type { World } from './world.ts';

/** An attack on an honest side, and what it may cost. */
export interface AdversaryScenario {
  readonly name: string;
  /** What the attack shows, in one line. */
  readonly about: string;
  /** The adversary's role. */
  readonly adversary: 'client' | 'server';
  /** Transport options of the honest side. */
  readonly transport?: TransportOptions;
  /** Options of the honest side's context. A function makes what each run must have for itself, such as a store. */
  readonly honest?: Partial<QuicContextOptions> | (() => Partial<QuicContextOptions>);
  /** What the honest side's program does with this connection. */
  readonly program?: StageProgram;
  /** The honest side speaks HTTP/3 on this connection, with these options. Default: it reads and answers bytes. */
  readonly http3?: Http3Options;
  /** Changes the adversary's transport parameters. */
  readonly parameters?: (parameters: TransportParameters) => void;
  /** Whether the adversary acknowledges packets. Default true. */
  readonly acknowledges?: boolean;
  /** Addresses of the adversary's machine, where it answers what it is challenged with. Default: one, and nothing. */
  readonly addresses?: readonly Address[];
  /**
   * How far the handshake goes before the first round: to its end, to the adversary's own Handshake packets,
   * which it does not send, or not even to a first packet. Default: to the end.
   */
  readonly until?: 'the end' | 'half of it' | 'nothing';
  /** Whether the attack goes on after the connection has ended. Default: it stops then. */
  readonly goesOn?: boolean;
  /** The identity of an adversary that is a server. Default: the certificate of the tests. */
  readonly identity?: (crypto: CryptoProvider) => Identity;
  /** Additional options of the adversary's TLS engine, as a client and as a server. */
  readonly tls?: Pick<AdversaryEndpointOptions, 'tlsClient' | 'tlsServer'>;
  /** Changes the adversary's handshake bytes of a level before they are sent. */
  readonly edit?: (level: Level, bytes: Uint8Array) => Uint8Array;
  /** One round of the attack. Rounds count from 0. */
  readonly attack: (adversary: AdversaryHost, round: number, scene: AdversaryScene) => void;
  readonly rounds: number;
  readonly spacingUs: number;
  readonly limits: AdversaryLimits;
  /** What is wrong with the honest side when all is over, as its program sees it. */
  readonly faultsAfter?: (honest: Peer) => readonly string[];
}

/** What an attack may cost. */
export interface AdversaryLimits {
  /**
   * The error that must end the connection, RFC 9000 §20, or the other way in which it must end. Default: it
   * must not end.
   */
  readonly code?: number | CloseReason['kind'];
  /** The code that the honest side's program must end it by, where `code` is 'application'. RFC 9114 §8.1 */
  readonly applicationCode?: number;
  /**
   * Bytes that the honest side may send for each byte that it gets, from the first round to a second after
   * the last.
   */
  readonly bytesOutPerByteIn: number;
  /** Bytes that it may send in addition. Default 5000. */
  readonly bytesOutAtMost?: number;
  /** How many of them may go to addresses other than the adversary's and the witness's. Default: none. */
  readonly bytesToOthers?: number;
  /** Increase of the memory in use, which includes that of the witness, the adversary and the engine. */
  readonly heldBytes: number;
  /** How long one call of the honest side may take, ms. Default 50. */
  readonly worstMs?: number;
}

/** What an attack can use besides the adversary's connection. */
export interface AdversaryScene {
  readonly world: World;
  /**
   * Deliver a datagram to the honest side, from any port of the adversary's host, or from another IP. The honest side also has
   * `HONEST_ELSEWHERE`.
   */
  inject(bytes: Uint8Array, port?: number, route?: { readonly fromIp?: string; readonly to?: Address }): void;
  /**
   * Another endpoint that begins a handshake with the honest side, and calls `deliver` with its datagrams.
   */
  stranger(
    deliver: (bytes: Uint8Array) => void,
    options?: Partial<AdversaryEndpointOptions>,
  ): AdversaryEndpoint;
}
