import type { TlsEvent } from '@tsquic/tls13';
import type { HandshakeListener } from '../handshake/handshake.ts';
import type { TransportParameters } from '../parameters/parameters.ts';
import { decodePreferredAddress, preferredId } from '../parameters/preferred-address.ts';
import { EarlyAdmission } from './early-admission.ts';
import { applyLimits } from './early-offer.ts';
import { encodeKeptSession } from '../tokens/kept-session.ts';
import { traceVersions } from '../trace/versions.ts';
import { parameterError, violation } from '../errors/transport-error.ts';
import { PATH_IDS } from '../frame/multipath.ts';
import type { ConnectionParts } from './parts.ts';
import type { ConnectionSurroundings } from './surroundings.ts';

/** Takes the events of the TLS handshake to the parts of the connection that act on them. */
export class HandshakeReports implements HandshakeListener {
  private readonly parts: ConnectionParts;
  private readonly around: ConnectionSurroundings;

  /** @param parts - not complete yet: recovery is set before the handshake runs. */
  constructor(parts: ConnectionParts, around: ConnectionSurroundings) {
    this.parts = parts;
    this.around = around;
  }

  onParameters(parameters: TransportParameters): void {
    const { around, parts } = this;
    const { recovery } = parts;
    const theirs = parameters.versionInformation?.available ?? [];
    traceVersions(parts, parts.fields.version, theirs, around.nowUs());
    around.settings.tracer.onParameters?.(parts.id, false, parameters, around.nowUs());
    if (parts.earlyOffer === undefined) applyLimits(parts, parameters);
    else parts.earlyOffer.onParameters(parameters);
    parts.idle.onPeerTimeout(parameters.maxIdleTimeoutMs);
    recovery.onPeerDelays(parameters.maxAckDelayMs * 1000, parameters.ackDelayExponent);
    parts.ackFrequency?.onPeer(parameters.minAckDelayUs, parameters.maxAckDelayMs * 1000);
    // Only the transport parameter of this connection counts, never a remembered one. RFC 9287 §3.1
    const { bits, transport } = around.settings;
    if (parameters.greaseQuicBit && transport.greaseQuicBit) parts.fields.greasedBits = bits;
    const { statelessResetToken, preferredAddress } = parameters;
    if (statelessResetToken !== undefined) parts.peerIds.setInitialToken(statelessResetToken);
    parts.paths.isBound = parameters.disableActiveMigration;
    offerMultipath(parts, parameters);
    if (preferredAddress === undefined) return;
    parts.peerIds.onPreferredAddress(preferredId(preferredAddress));
    parts.migration.onOffer(decodePreferredAddress(preferredAddress), around.settings.blockedPorts);
  }

  onEarlyKeys(): void {
    this.parts.earlyOffer!.begin();
  }

  onEarlyVerdict({ accepted, alpn, serverName }: Extract<TlsEvent, { type: 'early-data' }>): void {
    const { around, parts } = this;
    if (parts.isClient) return parts.earlyOffer!.onVerdict(accepted, around.nowUs());
    parts.earlyAdmission ??= new EarlyAdmission('rejected', false, undefined);
    parts.emit({ type: 'early-data', state: parts.earlyAdmission.state, alpn, serverName });
    const { use } = parts.earlyAdmission;
    if (use !== undefined) parts.emit({ type: 'early-data-use', id: use.id, expiresAtMs: use.expiresAtMs });
  }

  onCertificate(chain: readonly Uint8Array[], serverName: string): void {
    this.parts.emit({ type: 'certificate', chain, serverName });
  }

  onComplete(event: Extract<TlsEvent, { type: 'complete' }>): void {
    const { around, parts } = this;
    const { alpn, serverName, cipherSuite, group, resumed, earlyDataAccepted, peerCertificates } = event;
    around.settings.tracer.onHandshakeCompleted?.(
      parts.id,
      alpn,
      cipherSuite,
      resumed,
      earlyDataAccepted,
      around.nowUs(),
    );
    parts.earlyOffer?.onComplete(alpn, around.nowUs());
    parts.emit({
      type: 'connected',
      alpn,
      serverName,
      cipherSuite,
      group,
      resumed,
      earlyDataAccepted,
      peerCertificates,
    });
    for (const held of parts.earlyAdmission?.onComplete() ?? []) parts.emit(held);
  }

  onTicket(ticket: Uint8Array): void {
    this.around.settings.tracer.onTicket?.(this.parts.id, ticket.length, this.around.nowUs());
    const version = this.parts.fields.version.current.id;
    this.parts.emit({ type: 'ticket', ticket: encodeKeptSession({ version, session: ticket }) });
  }

  onKeyLog(line: string): void {
    this.around.settings.onKeyLog?.(line);
  }

  onRepetition(): void {
    this.parts.recovery.hasten();
  }
}

/**
 * The peer's initial_max_path_id came, -1 for none. It counts where this end has offered multipath as well.
 * draft-ietf-quic-multipath §2.1
 */
function offerMultipath(parts: ConnectionParts, parameters: TransportParameters): void {
  const { initialMaxPathId } = parameters;
  if (initialMaxPathId < 0 || parts.maxPaths === 0) return;
  if (initialMaxPathId >= PATH_IDS) parameterError('initial_max_path_id of more than 32 bits');
  if (parts.peerIds.areEmpty) violation(0, 'multipath without connection IDs');
  parts.enableMultipath(parameters);
}
