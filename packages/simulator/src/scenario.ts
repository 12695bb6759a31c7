import type { TransportOptions } from '@tsquic/quic-core';
import type { Attack } from './adversary.ts';
import type { CpuOptions } from './host.ts';
import type { LinkOptions } from './link.ts';
import type { LoopOptions } from './loop.ts';
import type { NatOptions } from './nat.ts';

/** One exchange: the client opens a stream and sends a request, the server answers. Both are the pattern. */
export interface Exchange {
  readonly requestBytes: number;
  /** -1 for a unidirectional stream, which nobody answers. */
  readonly responseBytes: number;
  /** How many such exchanges. Default 1. */
  readonly count?: number;
  /** Begin when the exchange before is complete; otherwise with it. Default false. */
  readonly afterPrevious?: boolean;
}

/** A run of one client against one server, as plain data. */
export interface Scenario {
  readonly name: string;
  /** What it shows, one line. */
  readonly about: string;
  /** Both directions. */
  readonly link?: Partial<LinkOptions>;
  /** Client to server, on top of `link`. */
  readonly up?: Partial<LinkOptions>;
  /** Server to client, on top of `link`. */
  readonly down?: Partial<LinkOptions>;
  /** In front of the client. */
  readonly nat?: NatOptions;
  readonly clientCpu?: CpuOptions;
  readonly serverCpu?: CpuOptions;
  readonly clientLoop?: LoopOptions;
  readonly serverLoop?: LoopOptions;
  /** What the hosts' clocks show at the start. Default 0. */
  readonly clockOriginUs?: number;
  readonly client?: TransportOptions;
  readonly server?: TransportOptions;
  /** Name of a congestion controller. Default: the core's. */
  readonly congestion?: string;
  readonly retry?: 'always' | 'never';
  /** Length of the server's certificate chain. Default: the bare leaf. */
  readonly chainBytes?: number;
  /** Somebody on the path who sees everything and adds to it. */
  readonly attacks?: readonly Attack[];
  readonly exchanges: readonly Exchange[];
  /** Leave the connection alone for this long before the exchanges. Default 0. */
  readonly pauseUs?: number;
  /** Virtual time by which the last exchange (or the close, where that is the end) must be complete. */
  readonly ceilingUs: number;
  /** How the client's connection must end. Default: the exchanges complete, then the client closes. */
  readonly ends?: 'idle-timeout' | 'handshake-timeout' | 'unreachable';
}
