import type { Pair } from './pair.ts';
import type { Scenario } from './scenario.ts';

/** Results of 0-RTT that no path can bring about. RFC 9001 §4.6, §9.2 */
export function earlyDataFaults({ earlyData }: Scenario, { client, server }: Pair): string[] {
  const faults: string[] = [];
  const verdicts = client.eventsOf('early-data').map(({ state }) => state);
  if (earlyData !== 'accepted' && earlyData !== 'held' && verdicts.includes('accepted'))
    faults.push('the client believes that its 0-RTT was accepted');
  if (verdicts.includes('accepted') && verdicts.includes('rejected'))
    faults.push('0-RTT was accepted and rejected');
  if (earlyData !== 'held') return faults;
  const complete = new Set<number>();
  for (const event of server.events) {
    if (event.type === 'connected') complete.add(event.connection);
    if (event.type === 'stream-opened' && !complete.has(event.connection))
      faults.push(`the server hears of stream ${event.streamId} before the handshake is complete`);
  }
  return faults;
}
