import type { RequestHead } from '@tsquic/http3';
import { type Dialect, protocolOf } from './dialect.ts';
import { missingRequirements, type PeerFacts } from './requirements.ts';

/** The dialect of a session that a client asks for by the newest draft; undefined for what that calls malformed. */
export function strictDialect({ protocol }: RequestHead, peer: PeerFacts): Dialect | undefined {
  return protocol === protocolOf('15') && missingRequirements(peer, false).length === 0 ? '15' : undefined;
}
