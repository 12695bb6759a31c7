import type { TransportParameters } from '@tsquic/quic-core';
import { Level } from '@tsquic/tls13';
import { PING } from '../answers.ts';
import { fails, type Finding, passes, type Row } from '../row.ts';
import type { Scene } from '../scene.ts';
import { Inconclusive, type Script, wait } from '../script.ts';

/** What a client keeps to in 0-RTT, and a server that accepts it may not lower. RFC 9000 §7.4.1 */
const REMEMBERED = [
  ['active_connection_id_limit', 'activeConnectionIdLimit'],
  ['initial_max_data', 'initialMaxData'],
  ['initial_max_stream_data_bidi_local', 'initialMaxStreamDataBidiLocal'],
  ['initial_max_stream_data_bidi_remote', 'initialMaxStreamDataBidiRemote'],
  ['initial_max_stream_data_uni', 'initialMaxStreamDataUni'],
  ['initial_max_streams_bidi', 'initialMaxStreamsBidi'],
  ['initial_max_streams_uni', 'initialMaxStreamsUni'],
] as const satisfies readonly (readonly [string, keyof TransportParameters])[];

function* keepsLimits(scene: Scene): Script<Finding> {
  const first = yield* scene.connect();
  yield* wait(scene.setting.timeoutMs / 2, () => first.endpoint.sessions.length > 0);
  const session = first.endpoint.sessions.at(-1);
  if (session === undefined) throw new Inconclusive('no session ticket came');
  const before = first.parameters;
  const second = scene.open({ tlsClient: { session, earlyData: true } });
  scene.act('a ClientHello that resumes, and PING in 0-RTT');
  second.endpoint.start();
  if (!second.endpoint.canWrite(Level.EarlyData))
    throw new Inconclusive('its session ticket allows no 0-RTT');
  // Both have the same packet numbers. RFC 9000 §12.3
  second.endpoint.numbers[Level.Application] = second.send(Level.EarlyData, PING) + 1;
  yield* scene.untilConfirmed(second);
  if (!second.endpoint.isEarlyDataAccepted) throw new Inconclusive('it has not accepted 0-RTT');
  const now = second.parameters;
  const lower = REMEMBERED.find(([, key]) => now[key] < before[key]);
  if (lower === undefined) return passes('it accepted 0-RTT, and none of its limits is lower');
  const [name, key] = lower;
  return fails(`it accepted 0-RTT, and its ${name} is ${now[key]} after ${before[key]}`);
}

/** 0-RTT, as far as its limits can be seen. */
export const EARLY_DATA_ROWS: readonly Row[] = [
  {
    name: 'early-data-limits',
    subject: 'server',
    level: 'MUST',
    section: 'RFC 9000 §7.4.1',
    ids: ['rfc9000-7.4.1-6', 'rfc9000-7.4.1-5'],
    sends: 'a second handshake with 0-RTT',
    asks: 'limits that are not lower than those of the first, where 0-RTT is accepted',
    play: keepsLimits,
  },
];
