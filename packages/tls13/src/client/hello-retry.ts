import type { CipherSuite } from '@tsquic/crypto';
import { Alert, TlsAlert } from '../alerts.ts';
import { Level } from '../events.ts';
import { decodeCookie } from '../extension/cookie.ts';
import { type Extension, ExtensionType, findExtension } from '../extension/extension.ts';
import { decodeSelectedGroup } from '../extension/key-share.ts';
import type { ClientContext } from './context.ts';
import { type EncodedOffer, encodeOffer, type Offer } from './offer.ts';

/** What a HelloRetryRequest chose; the ServerHello must not change it. */
export interface Retry {
  readonly suite: CipherSuite;
}

/** The offer of the second ClientHello, RFC 8446 §4.1.2, §4.1.4. */
export function retryOffer(
  { settings }: ClientContext,
  offer: Offer,
  suite: CipherSuite,
  extensions: readonly Extension[],
): Offer {
  const keyShare = findExtension(extensions, ExtensionType.KeyShare);
  const cookie = findExtension(extensions, ExtensionType.Cookie);
  if (keyShare === undefined && cookie === undefined) {
    throw new TlsAlert(Alert.IllegalParameter, 'HelloRetryRequest asks for no change');
  }
  let shares = offer.shares;
  if (keyShare !== undefined) {
    const selected = decodeSelectedGroup(keyShare);
    const group = settings.groups.find((own) => own === selected);
    if (group === undefined || offer.shares.some((share) => share.group === group)) {
      throw new TlsAlert(
        Alert.IllegalParameter,
        `HelloRetryRequest asks for group ${selected} against our offer`,
      );
    }
    shares = [settings.crypto.generateKeyShare(group)];
  }
  return {
    ...offer,
    shares,
    cookie: cookie === undefined ? undefined : decodeCookie(cookie),
    earlyData: false,
    resumption: offer.resumption?.suite.hash === suite.hash ? offer.resumption : undefined,
  };
}

/** Rewrite the transcript and queue the second ClientHello. */
export function sendRetryOffer(
  context: ClientContext,
  offer: Offer,
  suite: CipherSuite,
  retryRequest: Uint8Array,
): EncodedOffer {
  context.transcript.rewriteForRetry(suite.hash);
  context.transcript.add(retryRequest);
  const encoded = encodeWithCookie(context, offer);
  context.transcript.add(encoded.bytes);
  context.output.send(Level.Initial, encoded.bytes);
  return encoded;
}

/** Encode the offer; the server's cookie may be too long for the room that is left in a ClientHello. */
function encodeWithCookie(context: ClientContext, offer: Offer): EncodedOffer {
  try {
    return encodeOffer(context, offer);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const length = offer.cookie?.length ?? 0;
    const message = `the cookie of ${length} bytes leaves no room for the rest of a ClientHello`;
    throw new TlsAlert(Alert.IllegalParameter, message);
  }
}
