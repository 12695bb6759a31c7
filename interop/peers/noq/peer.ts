import type { Peer } from '../../peer.ts';
import { createQuinn } from '../quinn/peer.ts';

/** noq from crates.io: quinn with multipath, which is on where a case asks for it. */
export const noq: Peer = createQuinn('noq', 'noq, which is quinn with multipath, and rustls, Rust', true);
