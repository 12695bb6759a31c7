import type { CipherSuite, Group, SignatureScheme } from '@tsquic/crypto';
import { Alert, TlsAlert } from '../alerts.ts';
import { printableText } from '../certificate/printable-text.ts';
import { chooseScheme } from '../certificate/verify-signature.ts';
import type { Identity, TlsServerOptions } from '../config.ts';
import type { KeyShareEntry } from '../extension/key-share.ts';
import { isProtocolName } from '../option-rules.ts';
import type { Settings } from '../settings.ts';
import type { ClientOffer } from './client-offer.ts';
import type { ServerContext } from './context.ts';

/** The group to use, and the client's share of it; when there is none, a HelloRetryRequest asks for it. */
export interface GroupChoice {
  readonly group: Group;
  readonly share: KeyShareEntry | undefined;
}

/**
 * The suite to use: the first of those that the server was given, or else the first that the client offers, since a client leads
 * with what is fastest for it. RFC 8446 §4.1.1 leaves the choice to the server.
 */
export function chooseSuite({ suites, ordersSuites }: Settings, offer: ClientOffer): CipherSuite {
  const own = suites.map(({ id }) => id);
  const [order, accepted] = ordersSuites ? [own, offer.cipherSuites] : [offer.cipherSuites, own];
  const chosen = order.find((id) => accepted.includes(id));
  const suite = suites.find(({ id }) => id === chosen);
  if (suite === undefined) throw new TlsAlert(Alert.HandshakeFailure, 'no cipher suite in common');
  return suite;
}

/** The server's preferred group that has a share, else its preferred group that the client supports. */
export function chooseGroup({ groups }: Settings, offer: ClientOffer): GroupChoice {
  for (const group of groups) {
    const share = offer.shares.find((entry) => entry.group === group);
    if (share !== undefined) return { group, share };
  }
  const group = groups.find((own) => offer.groups.includes(own));
  if (group === undefined) throw new TlsAlert(Alert.HandshakeFailure, 'no key exchange group in common');
  return { group, share: undefined };
}

export function chooseAlpn({ alpn }: TlsServerOptions, offer: ClientOffer): string {
  const chosen =
    typeof alpn === 'function'
      ? alpn(offer.alpn, offer.serverName)
      : alpn.find((protocol) => offer.alpn.includes(protocol));
  if (chosen === undefined) {
    throw new TlsAlert(
      Alert.NoApplicationProtocol,
      `none of the protocols '${printableText(offer.alpn.slice(0, 20).join("', '"))}' is spoken here`,
    );
  }
  if (!isProtocolName(chosen)) {
    throw new TlsAlert(
      Alert.NoApplicationProtocol,
      `the program chose '${printableText(chosen)}', which is no protocol's name`,
    );
  }
  return chosen;
}

/** The context with the options that the program chooses for this client. */
export function chooseOptions(context: ServerContext, offer: ClientOffer, alpn: string): ServerContext {
  const { options } = context;
  const { serverName, alpn: offered } = offer;
  const chosen = options.onClientHello?.({ serverName, alpn, offered });
  return chosen === undefined ? context : { ...context, options: { ...options, ...chosen } };
}

/** The server's identity for this client, and the scheme to sign with. */
export interface Credentials {
  readonly identity: Identity;
  readonly scheme: SignatureScheme;
}

export function chooseCredentials(options: TlsServerOptions, offer: ClientOffer): Credentials {
  const identity = options.identity(offer.serverName, offer.signatureSchemes);
  if (identity === undefined) {
    throw new TlsAlert(Alert.UnrecognizedName, `no certificate for the name '${offer.serverName}'`);
  }
  const scheme = chooseScheme(identity, offer.signatureSchemes);
  if (scheme === undefined) throw new TlsAlert(Alert.HandshakeFailure, 'no signature scheme in common');
  return { identity, scheme };
}
