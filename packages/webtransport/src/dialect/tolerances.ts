import type { RequestHead } from '@tsquic/http3';

import { announcedDialects, type Dialect, DIALECTS, protocolOf } from './dialect.ts';
import { missingEssentials, type PeerFacts } from './requirements.ts';

/**
 * What is done for browsers beyond, or against, the newest draft. Each tolerance names the browser and the version that was seen to
 * need it; `conformance: 'strict'` does without all of them.
 */

/**
 * The dialect of a session that a client asks for; undefined for one that no browser would ask for.
 *
 * - Chromium 156 and Firefox 153 announce draft 02 alone, and name the protocol 'webtransport'.
 * - Chromium 156 with the feature EnableWebTransportDraft07 announces draft 07.
 * - Safari 26.5 names the protocol 'webtransport'; what it announces itself does not decide.
 * - Chromium 156 and Firefox 153 do not offer reset_stream_at, which is not asked for.
 */
export function toleratedDialect(
  { protocol }: RequestHead,
  peer: PeerFacts,
  dialects: readonly Dialect[],
): Dialect | undefined {
  const announced = announcedDialects(peer.settings);
  const speaks = (one: Dialect): boolean => dialects.includes(one) && protocolOf(one) === protocol;
  const common = announced.find(speaks);
  // Drafts 02 and 07 are the same on streams, and take what no setting tells of.
  const chosen = common ?? DIALECTS.findLast((one) => speaks(one) && one !== '15');
  return chosen !== undefined && missingEssentials(chosen, peer, false).length === 0 ? chosen : undefined;
}

/**
 * Fields of the answer that a browser may look for. Draft 02 has the server name the version; Chromium 156 and Firefox 153 offer it, and
 * would do without.
 */
export function toleratedFields({ fields }: RequestHead): RequestHead['fields'] {
  const offersDraft02 = fields.some(
    ({ name, value }) => name === 'sec-webtransport-http3-draft02' && value === '1',
  );
  return offersDraft02 ? [{ name: 'sec-webtransport-http3-draft', value: 'draft02' }] : [];
}
