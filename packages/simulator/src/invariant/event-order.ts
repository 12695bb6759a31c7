import type { QuicEvent } from '@tsquic/quic-core';
import type { Host } from '../host.ts';
import type { Observer } from '../observer.ts';
import type { Report } from './report.ts';

/**
 * The order of a connection's events: `accepted` first and only at servers, `connected` once, `confirmed`
 * once and after it, events of streams only in between, exactly one `closed`, and no event after that.
 */
export function watchEventOrder(report: Report): Observer {
  const lives = new Map<Host, Map<number, Set<QuicEvent['type']>>>();
  return {
    onEvent(host, event, nowUs) {
      let connections = lives.get(host);
      if (connections === undefined)
        lives.set(host, (connections = new Map<number, Set<QuicEvent['type']>>()));
      let seen = connections.get(event.connection);
      if (seen === undefined) connections.set(event.connection, (seen = new Set()));
      const fault = faultOf(event, seen, host.context.connection(event.connection)?.isClient);
      if (fault !== undefined) report(host, `connection ${event.connection}: ${event.type} ${fault}`, nowUs);
      seen.add(event.type);
    },
  };
}

function faultOf(
  event: QuicEvent,
  seen: ReadonlySet<QuicEvent['type']>,
  isClient: boolean | undefined,
): string | undefined {
  if (seen.has('closed')) return 'after closed';
  if (event.type === 'accepted') return seen.size > 0 || isClient === true ? 'out of place' : undefined;
  if (event.type === 'connected' || event.type === 'confirmed') {
    if (seen.has(event.type)) return 'twice';
    return event.type === 'confirmed' && !seen.has('connected') ? 'before connected' : undefined;
  }
  if (isClient === false && !seen.has('accepted') && event.type !== 'closed') return 'before accepted';
  return undefined;
}
