import { Alert, TlsAlert } from '../alerts.ts';
import { printableText } from '../certificate/printable-text.ts';
import { Level } from '../events.ts';
import { decodeSelectedAlpn } from '../extension/alpn.ts';
import { decodeEarlyData } from '../extension/early-data.ts';
import { type Extension, ExtensionType, findExtension } from '../extension/extension.ts';
import { checkPlacement } from '../extension/placement.ts';
import { requireQuicParameters } from '../extension/quic-parameters.ts';
import { decodeSupportedGroups } from '../extension/supported-groups.ts';
import { decodeEncryptedExtensions } from '../message/encrypted-extensions.ts';
import { type HandshakeMessage, MessageType } from '../message/handshake-message.ts';
import { expectType, type HandshakeState, MESSAGE_LIMIT } from '../state.ts';
import type { ClientContext } from './context.ts';
import { ExpectCertificate } from './expect-certificate.ts';
import { ExpectFinished } from './expect-finished.ts';
import type { Agreement, Negotiation } from './negotiation.ts';
import { earlyVerdict } from './offer.ts';

/** Handshake keys are installed, and the server must send EncryptedExtensions. RFC 8446 §4.3.1 */
export class ExpectEncryptedExtensions implements HandshakeState {
  readonly level: Level = Level.Handshake;
  readonly messageLimit: number = MESSAGE_LIMIT;
  private readonly context: ClientContext;
  private readonly agreement: Agreement;

  constructor(context: ClientContext, agreement: Agreement) {
    this.context = context;
    this.agreement = agreement;
  }

  onMessage(message: HandshakeMessage): HandshakeState {
    expectType(message, MessageType.EncryptedExtensions);
    const { context, agreement } = this;
    const extensions = decodeEncryptedExtensions(message.body);
    checkPlacement('EncryptedExtensions', extensions, agreement.offeredTypes);
    checkHints(extensions);
    const alpn = selectedAlpn(extensions, context.options.alpn);
    const negotiation: Negotiation = {
      ...agreement,
      alpn,
      earlyDataAccepted: acceptsEarlyData(extensions, agreement, alpn),
      serverParameters: requireQuicParameters(extensions),
    };
    context.transcript.add(message.raw);
    if (agreement.offer.earlyData)
      context.output.push(earlyVerdict(agreement.offer, negotiation.earlyDataAccepted));
    context.output.push({ type: 'transport-parameters', bytes: negotiation.serverParameters });
    if (agreement.resumption !== undefined) return new ExpectFinished(context, negotiation, undefined, []);
    return new ExpectCertificate(context, negotiation, undefined);
  }
}

/** Extensions that are not used must still be well-formed. */
function checkHints(extensions: readonly Extension[]): void {
  const serverName = findExtension(extensions, ExtensionType.ServerName);
  if (serverName !== undefined && serverName.length > 0) {
    throw new TlsAlert(Alert.DecodeError, 'server_name of a server must be empty');
  }
  const groups = findExtension(extensions, ExtensionType.SupportedGroups);
  if (groups !== undefined) decodeSupportedGroups(groups);
}

/** QUIC does not continue without an application protocol. RFC 9001 §8.1 */
function selectedAlpn(extensions: readonly Extension[], offered: readonly string[]): string {
  const data = findExtension(extensions, ExtensionType.Alpn);
  if (data === undefined) {
    throw new TlsAlert(Alert.NoApplicationProtocol, 'the server chose no application protocol');
  }
  const alpn = decodeSelectedAlpn(data);
  if (!offered.includes(alpn)) {
    throw new TlsAlert(
      Alert.NoApplicationProtocol,
      `the server chose protocol '${printableText(alpn)}', which was not offered`,
    );
  }
  return alpn;
}

/** Whether 0-RTT is accepted, which requires the suite and the protocol of the session. RFC 8446 §4.2.10 */
function acceptsEarlyData(extensions: readonly Extension[], agreement: Agreement, alpn: string): boolean {
  const data = findExtension(extensions, ExtensionType.EarlyData);
  if (data === undefined) return false;
  decodeEarlyData(data);
  const { resumption, suite } = agreement;
  if (resumption === undefined || resumption.suite !== suite || resumption.session.alpn !== alpn) {
    throw new TlsAlert(
      Alert.IllegalParameter,
      'the server accepts 0-RTT with other settings than its session had',
    );
  }
  return true;
}
