import { violation } from '../errors/transport-error.ts';
import type { TransportParameters } from '../parameters/parameters.ts';
import { reducedLimit } from '../parameters/remembered.ts';
import { discardEarlyKeys } from './expiry.ts';
import type { ConnectionParts } from './parts.ts';

/** What a client remembers of the connection that its session is from. */
export interface RememberedSession {
  readonly parameters: TransportParameters;
  readonly alpn: string;
  readonly serverName: string;
}

/**
 * A client's 0-RTT: the limits that hold for it, and what follows when the server has accepted or rejected
 * it. RFC 9000 §7.4.1, RFC 9001 §4.6, §4.6.2
 */
export class EarlyOffer {
  state: 'offered' | 'accepted' | 'rejected' = 'offered';
  private readonly parts: ConnectionParts;
  private readonly remembered: RememberedSession;
  /** The transport parameters of the server, until packets stop leaving by the remembered ones. */
  private awaited: TransportParameters | undefined;

  constructor(parts: ConnectionParts, remembered: RememberedSession) {
    this.parts = parts;
    this.remembered = remembered;
  }

  /** The client has 0-RTT keys: streams may be opened within the remembered limits. */
  begin(): void {
    const { parts, remembered } = this;
    applyLimits(parts, remembered.parameters);
    parts.idle.onPeerTimeout(remembered.parameters.maxIdleTimeoutMs);
    const { alpn, serverName } = remembered;
    parts.emit({ type: 'early-data', state: 'offered', alpn, serverName });
  }

  /** The server has accepted or rejected 0-RTT, which its Finished has not yet confirmed. */
  onVerdict(accepted: boolean, nowUs: number): void {
    const { parts } = this;
    this.state = accepted ? 'accepted' : 'rejected';
    if (accepted) return;
    // No more 0-RTT packets leave, and the server has read none of those sent. RFC 9001 §4.6.2, §5.6
    const { application } = parts.spaces;
    discardEarlyKeys(parts, nowUs);
    parts.recovery.loseAll(application, nowUs);
    application.sending.rejectedBelow = application.sending.sent.next;
  }

  /**
   * The server's transport parameters came. Throws PROTOCOL_VIOLATION where it accepts 0-RTT with smaller
   * limits than the remembered ones.
   */
  onParameters(parameters: TransportParameters): void {
    if (this.state === 'rejected') {
      this.parts.streams.onRejection(parameters);
      return this.parts.datagrams.onPeerLimit(parameters.maxDatagramFrameSize);
    }
    const reduced = reducedLimit(this.remembered.parameters, parameters);
    if (reduced !== undefined) violation(0, `the server accepts 0-RTT with a smaller ${reduced} than before`);
    this.awaited = parameters;
  }

  /**
   * The client has 1-RTT keys, so the transport parameters and the ALPN of the handshake hold from now on.
   */
  onComplete(alpn: string, nowUs: number): void {
    const { parts, awaited } = this;
    const { serverName } = this.remembered;
    const isResent = alpn === this.remembered.alpn;
    if (awaited !== undefined) applyLimits(parts, awaited);
    this.awaited = undefined;
    if (this.state === 'accepted') {
      discardEarlyKeys(parts, nowUs);
      return parts.emit({ type: 'early-data', state: 'accepted', alpn, serverName });
    }
    parts.emit({ type: 'early-data', state: 'rejected', alpn, serverName, isResent });
    if (isResent) return;
    parts.streams.abandon();
    parts.datagrams.abandon();
  }
}

/** Apply the limits of these transport parameters to what this end sends. RFC 9000 §7.4.1, RFC 9221 §3 */
export function applyLimits({ streams, datagrams }: ConnectionParts, parameters: TransportParameters): void {
  streams.onPeerLimits(parameters);
  datagrams.onPeerLimit(parameters.maxDatagramFrameSize);
}
