import { toHex } from '@tsquic/bytes';
import type { ConnectionIdRegistry } from '../../src/ids/registry.ts';

/** A registry for IDs that the peer issues, and the reset tokens that it watches, in hexadecimal. */
export function createRegistry(): { registry: ConnectionIdRegistry; watched: Set<string> } {
  const watched = new Set<string>();
  const registry: ConnectionIdRegistry = {
    issueFirst() {
      throw new Error('the peer issues these');
    },
    issueFurther() {
      throw new Error('the peer issues these');
    },
    resetToken() {
      throw new Error('the peer knows these');
    },
    retire() {
      throw new Error('these are not ours');
    },
    releaseExtra() {
      throw new Error('the peer issues these');
    },
    watchToken: (token) => void watched.add(toHex(token)),
    forgetToken: (token) => void watched.delete(toHex(token)),
  };
  return { registry, watched };
}
