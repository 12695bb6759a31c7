import type { TlsEvent } from '@tsquic/tls13';
import type { HandshakeListener } from '../handshake/handshake.ts';
import { preferredId, type TransportParameters } from '../handshake/parameters.ts';
import type { Recovery } from '../recovery/recovery.ts';
import type { ConnectionParts, ConnectionSurroundings, UnsignedEvent } from './assemble.ts';

/** Takes what the handshake says to those it concerns. */
export class HandshakeReports implements HandshakeListener {
  private readonly id: number;
  private readonly parts: Pick<ConnectionParts, 'streams' | 'idle' | 'peerIds'>;
  private readonly around: ConnectionSurroundings;
  private readonly emit: (event: UnsignedEvent) => void;
  private readonly recovery: () => Recovery;

  /** @param recovery - asked for only once the handshake runs. */
  constructor(
    id: number,
    parts: Pick<ConnectionParts, 'streams' | 'idle' | 'peerIds'>,
    around: ConnectionSurroundings,
    emit: (event: UnsignedEvent) => void,
    recovery: () => Recovery,
  ) {
    this.id = id;
    this.parts = parts;
    this.around = around;
    this.emit = emit;
    this.recovery = recovery;
  }

  onParameters(parameters: TransportParameters): void {
    const { around, parts } = this;
    const recovery = this.recovery();
    around.settings.tracer.onParameters?.(this.id, false, parameters, around.nowUs());
    parts.streams.onPeerLimits(parameters);
    parts.idle.onPeerTimeout(parameters.maxIdleTimeoutMs);
    recovery.maxAckDelayUs = parameters.maxAckDelayMs * 1000;
    recovery.ackDelayExponent = parameters.ackDelayExponent;
    const { statelessResetToken, preferredAddress } = parameters;
    if (statelessResetToken !== undefined) parts.peerIds.setInitialToken(statelessResetToken);
    if (preferredAddress !== undefined) parts.peerIds.onPreferredAddress(preferredId(preferredAddress));
  }

  onCertificate(chain: readonly Uint8Array[], serverName: string): void {
    this.emit({ type: 'certificate', chain, serverName });
  }

  onComplete(event: Extract<TlsEvent, { type: 'complete' }>): void {
    const { around, id } = this;
    const { alpn, serverName, cipherSuite, resumed, earlyDataAccepted, peerCertificates } = event;
    around.onHandshakeComplete();
    around.settings.tracer.onHandshakeCompleted?.(
      id,
      alpn,
      cipherSuite,
      resumed,
      earlyDataAccepted,
      around.nowUs(),
    );
    this.emit({
      type: 'connected',
      alpn,
      serverName,
      cipherSuite,
      resumed,
      earlyDataAccepted,
      peerCertificates,
    });
  }

  onTicket(ticket: Uint8Array): void {
    this.around.settings.tracer.onTicket?.(this.id, ticket.length, this.around.nowUs());
    this.emit({ type: 'ticket', ticket });
  }

  onKeyLog(line: string): void {
    this.around.settings.onKeyLog?.(line);
  }

  onRepetition(): void {
    this.recovery().hasten();
  }
}
