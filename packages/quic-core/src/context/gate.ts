import type { AdmissionAnswer } from '../config/admission.ts';
import { acceptSettings } from '../config/accepted.ts';
import type { Settings } from '../config/settings.ts';
import type { Datagram } from '../connection/datagram.ts';
import { QuicUsageError } from '../errors/usage-error.ts';
import type { Address } from '../path/address.ts';
import type { TokenContent } from '../tokens/token.ts';
import type { Version } from '../version/versions.ts';
import type { ConnectionTable } from './connection-table.ts';

/** The program's answer, with the options that it may give turned into settings. */
export type Answer = 'accept' | 'retry' | 'refuse' | 'ignore' | Settings | undefined;

/**
 * Decides which clients are accepted, by the program's `admit` and by the limits. No keys are derived for
 * that. RFC 9000 §5.2.2, §8.1
 */
export class Gate {
  private readonly settings: Settings;
  private readonly table: ConnectionTable;

  constructor(settings: Settings, table: ConnectionTable) {
    this.settings = settings;
    this.table = table;
  }

  /** The answer of `admit` for a client; 'ignore' when it throws or returns no valid answer. */
  ask(
    { from, to }: Datagram,
    version: Version,
    connectionId: Uint8Array,
    token: TokenContent | 'invalid' | undefined,
    nowUs: number,
  ): Answer {
    const { settings, table } = this;
    const { admit } = settings.options;
    if (admit === undefined) return undefined;
    const network = table.networkOf(from);
    try {
      const answer = admit({
        from,
        to,
        token: tokenState(token),
        version: version.id,
        connectionId: connectionId.slice(),
        halfOpen: table.halfOpen.count,
        halfOpenOfAddress: table.halfOpen.countOf(network),
        connections: table.size,
        connectionsOfAddress: table.provedCountOf(network),
      });
      return checkedAnswer(answer, settings);
    } catch (error) {
      settings.tracer.onInternalError?.(-1, error, nowUs);
      return 'ignore';
    }
  }

  /**
   * Whether a client is accepted, or how its packet is answered.
   *
   * @param isProved - whether its token proves its address.
   * @param isOpen - whether clients are accepted at all.
   */
  entry(
    from: Address,
    isProved: boolean,
    isOpen: boolean,
    answer: Answer,
  ): 'accept' | 'retry' | 'refuse' | 'ignore' {
    const { table } = this;
    const { maxConnections, maxHalfOpen } = this.settings.limits.perAddress;
    const network = table.networkOf(from);
    const isFull = table.isCrowded && table.halfOpen.count === 0;
    if (answer === 'refuse' || !isOpen || isFull || table.provedCountOf(network) >= maxConnections)
      return 'refuse';
    if (!isProved) return this.unprovedEntry(network, answer);
    return table.halfOpen.provedCountOf(network) >= maxHalfOpen ? 'ignore' : 'accept';
  }

  /**
   * Clients that have not proved their address have a limit of their own in each network: an attacker that
   * forges addresses of a network must not use up the places of the clients in it.
   */
  private unprovedEntry(network: string, answer: Answer): 'accept' | 'retry' | 'ignore' {
    const { settings, table } = this;
    const { halfOpen } = table;
    const { maxConnections, maxHalfOpen } = settings.limits.perAddress;
    const unproved = halfOpen.countOf(network) - halfOpen.provedCountOf(network);
    const hasRoom = unproved < maxHalfOpen && table.provedCountOf(network) + unproved < maxConnections;
    if (answer === 'retry') return 'retry';
    if (settings.retryAbove === Infinity) return hasRoom ? 'accept' : 'ignore';
    const isBusy = halfOpen.count >= settings.retryAbove && answer !== 'accept';
    return isBusy || table.isCrowded || !hasRoom ? 'retry' : 'accept';
  }
}

function tokenState(token: TokenContent | 'invalid' | undefined): 'none' | 'retry' | 'new-token' | 'invalid' {
  if (token === undefined) return 'none';
  if (token === 'invalid') return 'invalid';
  return token.originalDestination === undefined ? 'new-token' : 'retry';
}

function checkedAnswer(answer: AdmissionAnswer, settings: Settings): Answer {
  switch (answer) {
    case undefined:
    case 'accept':
    case 'retry':
    case 'refuse':
    case 'ignore':
      return answer;
    default:
      if (typeof answer === 'object' && answer !== null && !('then' in answer))
        return acceptSettings(settings, answer);
      throw new QuicUsageError('invalid-option', `admit cannot answer ${typeof answer}`);
  }
}
