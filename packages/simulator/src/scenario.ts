import type { Group } from '@tsquic/crypto';
import type { TransportOptions } from '@tsquic/quic-core';
import type { Attack } from './adversary.ts';
import type { CpuOptions } from './host.ts';
import type { LinkOptions } from './link.ts';
import type { LoopOptions } from './loop.ts';
import type { NatOptions } from './nat.ts';
import type { PathSchedulerName } from './path-schedulers.ts';

/**
 * One exchange: the client opens a stream and sends a request, the server responds. Both send the pattern.
 */
export interface Exchange {
  readonly requestBytes: number;
  /** -1 for a unidirectional stream, which has no response. */
  readonly responseBytes: number;
  /** Priority of the request's stream, 0 to 255. Default: that of all streams. */
  readonly priority?: number;
  /**
   * Unidirectional only: the request is reset with this reliable size as soon as it was written. Default: it
   * is not.
   */
  readonly reliableBytes?: number;
  /** Number of such exchanges. Default 1. */
  readonly count?: number;
  /** Whether to begin when the exchange before is complete; otherwise together with it. Default false. */
  readonly afterPrevious?: boolean;
  /** Begin when the client has made all of its moves. Default false. */
  readonly afterMoves?: boolean;
  /** The path of the request's stream, or 'all', as soon as it is in use. Default: whichever has room. */
  readonly path?: number | 'all';
}

/** A call of the client's program that probes or changes the path. RFC 9000 §9 */
export interface ScenarioMove {
  /** Time since the handshake was confirmed, or since the previous move. */
  readonly afterUs: number;
  /**
   * The local address: the first one, another port there, another IP, or an IP of the other family; from the last, the path
   * leads to the server's preferred address of that family, if there is one.
   */
  readonly to: 'home' | 'port' | 'address' | 'family';
  /**
   * Probe the path, use it once it is validated, or use it at once. With multipath: open a further path, open
   * one as a backup, abandon the path from this address, make that the backup, or no backup any more. Or issue other
   * connection IDs on both sides, for every path. Or bind streams to a path.
   */
  readonly how:
    | 'probe'
    | 'validated'
    | 'at-once'
    | 'open'
    | 'open-backup'
    | 'abandon'
    | 'backup'
    | 'available'
    | 'renew-ids'
    | 'bind';
  /** For 'bind': the path of all streams that are open then, at both ends; 'all' for each, undefined for whichever has room. */
  readonly path?: number | 'all' | undefined;
}

/** What must have become of the paths of a client when the goal is reached. */
export interface PathExpectation {
  /** States of paths that the client was told, in order, as '1 available'. */
  readonly states?: readonly string[];
  /** Bytes of the client that the server has acknowledged on a path, at least and at most. */
  readonly carried?: readonly { readonly path: number; readonly least?: number; readonly most?: number }[];
  /** Changes of round trips, µs, that the client watches, and the path that it must hear of twice. */
  readonly quality?: { readonly rttUs: number; readonly path: number };
  /** Datagrams, 256 at most, that the client sends when all moves are made, and their path: each must arrive, on 'all' some twice. */
  readonly datagrams?: { readonly count: number; readonly path: number | 'all' };
}

/** A run of one client and one server, as plain data. */
export interface Scenario {
  readonly name: string;
  /** What the scenario shows, in one line. */
  readonly about: string;
  /** Options of both directions. */
  readonly link?: Partial<LinkOptions>;
  /** Client to server; overrides `link`. */
  readonly up?: Partial<LinkOptions>;
  /** Server to client; overrides `link`. */
  readonly down?: Partial<LinkOptions>;
  /** Family of the addresses that the handshake uses. Default: IPv4. */
  readonly family?: 'ipv6';
  /** Options of the links from the client's other addresses, in addition to `link`. */
  readonly secondPath?: { readonly up?: Partial<LinkOptions>; readonly down?: Partial<LinkOptions> };
  /** Moves of the client's program, in order. Default: none. */
  readonly moves?: readonly ScenarioMove[];
  /** Whether moves may be refused, because chance has drawn them: a path that they name may be over. Default false. */
  readonly movesMayFail?: boolean;
  /** The scheduler of both sides. Default: that of the core. draft-ietf-quic-multipath §5.5 */
  readonly scheduler?: PathSchedulerName;
  /** Families of the server's preferred address, and whether the client follows it by itself. RFC 9000 §9.6 */
  readonly preferred?: { readonly offered: 'ipv4' | 'ipv6' | 'both'; readonly isFollowed: boolean };
  /** The option `versions` of both sides. Default: those of the core. RFC 9368 */
  readonly versions?: { readonly client?: readonly number[]; readonly server?: readonly number[] };
  /** The NAT in front of the client. */
  readonly nat?: NatOptions;
  readonly clientCpu?: CpuOptions;
  readonly serverCpu?: CpuOptions;
  readonly clientLoop?: LoopOptions;
  readonly serverLoop?: LoopOptions;
  /** Time of the hosts' clocks at the start. Default 0. */
  readonly clockOriginUs?: number;
  readonly client?: TransportOptions;
  readonly server?: TransportOptions;
  /** Name of a congestion controller. Default: the core's. */
  readonly congestion?: string;
  readonly retry?: 'always' | 'never';
  /** Key exchange groups of both sides, preferred ones first. Default: those of the provider. */
  readonly groups?: readonly Group[];
  /**
   * With this option, the client has a session and begins its exchanges in 0-RTT packets. The server rejects them, or
   * accepts them and delivers their data at once, or ('held') after the handshake. An accepted first flight must not
   * take longer than ten seconds. Default: it has no session.
   */
  readonly earlyData?: 'accepted' | 'held' | 'rejected';
  /** Length of the server's certificate chain. Default: the leaf alone. */
  readonly chainBytes?: number;
  /** Size of the hosts' send buffers: more than one datagram allows trains. Default 1500. */
  readonly sendBufferBytes?: number;
  /** Attackers on the path that see every datagram and add others. */
  readonly attacks?: readonly Attack[];
  readonly exchanges: readonly Exchange[];
  /** Datagrams that each end sends meanwhile, if the other accepts them. Default 0. RFC 9221 */
  readonly datagrams?: number;
  /** Their path, once all moves are made. Default: whichever has room, from the beginning on. */
  readonly datagramPath?: number | 'all';
  /** What must have become of the paths of the client. Default: anything. draft-ietf-quic-multipath */
  readonly expects?: PathExpectation;
  /** The client's address in the handshake. Default: the first. */
  readonly from?: 'address';
  /** Time without traffic before the exchanges. Default 0. */
  readonly pauseUs?: number;
  /** Virtual time by which the last exchange (or the close, when that is the end) must be complete. */
  readonly ceilingUs: number;
  /** How the client's connection must end. Default: the exchanges complete, then the client closes. */
  readonly ends?: 'idle-timeout' | 'handshake-timeout' | 'unreachable' | 'version-negotiation';
}
