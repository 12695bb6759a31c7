import type { Peer } from './peer.ts';

/** A peer as it was found or installed. */
export interface Installed {
  readonly peer: Peer;
  readonly version: string;
  /** Why it is not there, or ''. */
  readonly failure: string;
}

/** Installs a peer, or says why it cannot be. */
export async function installPeer(peer: Peer): Promise<Installed> {
  try {
    return { peer, version: await peer.install(), failure: '' };
  } catch (error) {
    return { peer, version: '', failure: (error as Error).message };
  }
}
