import type { Peer } from '../peer.ts';
import { aioquic } from './aioquic/peer.ts';
import { bun } from './bun/peer.ts';
import { commandLine } from './command-line/peer.ts';
import { deno } from './deno/peer.ts';
import { kwik } from './kwik/peer.ts';
import { ngtcp2 } from './ngtcp2/peer.ts';
import { noq } from './noq/peer.ts';
import { quiche } from './quiche/peer.ts';
import { quinn } from './quinn/peer.ts';
import { quicGo } from './quic-go/peer.ts';
import { s2nQuic } from './s2n-quic/peer.ts';
import { tsquic } from './tsquic/peer.ts';
import { webTransportGo } from './webtransport-go/peer.ts';
import { webTransportQuinn } from './web-transport-quinn/peer.ts';

/** Our own stack. */
export const OURS: Peer = tsquic;

/** Everybody else's, in the order of the report's rows, and the command that users of ours have. */
export const OTHERS: readonly Peer[] = [
  aioquic,
  quicGo,
  quinn,
  noq,
  s2nQuic,
  quiche,
  kwik,
  deno,
  bun,
  ngtcp2,
  webTransportGo,
  webTransportQuinn,
  commandLine,
];

/** As typed after `--peer` for a stack against itself. */
export const SELF = 'self';

/** The same stack in the place of another. */
export function selfOf(peer: Peer): Peer {
  return { ...peer, name: SELF, about: `${peer.name} against itself` };
}
