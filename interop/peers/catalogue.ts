import type { Peer } from '../peer.ts';
import { aioquic } from './aioquic/peer.ts';
import { bun } from './bun/peer.ts';
import { deno } from './deno/peer.ts';
import { ngtcp2 } from './ngtcp2/peer.ts';
import { quicGo } from './quic-go/peer.ts';
import { tsquic } from './tsquic/peer.ts';

/** Our own stack. */
export const OURS: Peer = tsquic;

/** Everybody else's, in the order of the report's rows. */
export const OTHERS: readonly Peer[] = [aioquic, quicGo, deno, bun, ngtcp2];
