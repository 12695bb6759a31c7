import { equalBytes } from '@tsquic/bytes';
import type { CipherSuite, Group } from '@tsquic/crypto';
import { Alert, TlsAlert } from '../alerts.ts';
import { Level } from '../events.ts';
import { ExtensionType, findExtension } from '../extension/extension.ts';
import { encodeSelectedGroup } from '../extension/key-share.ts';
import { encodeSelectedVersion } from '../extension/versions.ts';
import type { ClientHello } from '../message/client-hello.ts';
import { encodeServerHello, HELLO_RETRY_RANDOM } from '../message/server-hello.ts';
import type { ServerContext } from './context.ts';

/** What a HelloRetryRequest chose, and the ClientHello that it answered. */
export interface RetryRequest {
  readonly hello: ClientHello;
  readonly suite: CipherSuite;
  readonly group: Group;
  readonly alpn: string;
}

/**
 * Ask the client for a share of `group`; the first ClientHello is in the transcript already. RFC 8446 §4.1.4
 */
export function sendRetryRequest(
  { output, transcript }: ServerContext,
  suite: CipherSuite,
  group: Group,
): void {
  const request = encodeServerHello({
    random: HELLO_RETRY_RANDOM,
    legacySessionIdEcho: new Uint8Array(0),
    cipherSuite: suite.id,
    extensions: [encodeSelectedVersion(), encodeSelectedGroup(group)],
  });
  transcript.rewriteForRetry(suite.hash);
  transcript.add(request);
  output.send(Level.Initial, request);
}

/**
 * Check that the second ClientHello differs from the first only as the request allows: RFC 8446 §4.1.2.
 * Extensions that are not used may differ.
 */
export function checkSecondHello(retry: RetryRequest, second: ClientHello): void {
  const first = retry.hello;
  const same =
    equalBytes(first.random, second.random) &&
    equalBytes(first.compressionMethods, second.compressionMethods) &&
    first.cipherSuites.length === second.cipherSuites.length &&
    first.cipherSuites.every((suite, i) => suite === second.cipherSuites[i]) &&
    KEPT.every((type) => isKept(first, second, type));
  if (!same) throw illegal('the second ClientHello differs from the first');
  if (findExtension(second.extensions, ExtensionType.EarlyData) !== undefined) {
    throw illegal('the second ClientHello offers 0-RTT');
  }
}

function isKept(first: ClientHello, second: ClientHello, type: number): boolean {
  const before = findExtension(first.extensions, type);
  const after = findExtension(second.extensions, type);
  if (before === undefined || after === undefined) return before === after;
  return equalBytes(before, after);
}

function illegal(message: string): TlsAlert {
  return new TlsAlert(Alert.IllegalParameter, message);
}

const KEPT: readonly number[] = [
  ExtensionType.ServerName,
  ExtensionType.SupportedGroups,
  ExtensionType.SignatureAlgorithms,
  ExtensionType.Alpn,
  ExtensionType.SupportedVersions,
  ExtensionType.PskKeyExchangeModes,
  ExtensionType.QuicTransportParameters,
];
