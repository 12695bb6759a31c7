import { toHex } from '@tsquic/bytes';
import { frame } from '@tsquic/adversary';
import { FrameType as Type } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import { PING } from '../answers.ts';
import { fails, type Finding, passes, type Row, type Subject } from '../row.ts';
import { endText, type Scene } from '../scene.ts';
import { type Script, wait } from '../script.ts';
import { BOTH, frameRows, meet } from './frame-row.ts';
import { begin } from './parameters.ts';

/** The handshake of a normal peer: without it, no other row can tell anything. */
function* handshakes(scene: Scene, subject: Subject): Script<Finding> {
  const talk = yield* begin(scene, subject, {});
  const isOver = (): boolean => talk.isConfirmed || talk.close !== undefined || talk.fault !== undefined;
  yield* wait(scene.setting.timeoutMs, isOver);
  return talk.isConfirmed ? passes('the handshake is confirmed') : fails(endText(talk));
}

function* acknowledges(scene: Scene, subject: Subject): Script<Finding> {
  const talk = yield* meet(scene, subject);
  const number = talk.send(Level.Application, PING);
  const isAcknowledged = (): boolean => talk.isAcknowledged(Level.Application, number);
  yield* wait(scene.setting.timeoutMs, () => isAcknowledged() || talk.close !== undefined);
  return isAcknowledged()
    ? passes('it was acknowledged')
    : fails(`it was not acknowledged: ${endText(talk)}`);
}

/** What the peer says of the IDs that it uses. RFC 9000 §7.3 */
function* tellsIds(scene: Scene, subject: Subject): Script<Finding> {
  const talk = yield* meet(scene, subject);
  const { parameters, endpoint } = talk;
  const { initialSourceConnectionId: source, originalDestinationConnectionId: original } = parameters;
  if (source === undefined) return fails('there is no initial_source_connection_id');
  if (toHex(source) !== toHex(endpoint.destination))
    return fails('initial_source_connection_id is another ID');
  if (subject === 'client') {
    const { statelessResetToken, preferredAddress, retrySourceConnectionId } = parameters;
    const wrong = [original, statelessResetToken, preferredAddress, retrySourceConnectionId];
    return wrong.every((value) => value === undefined)
      ? passes('the ID is that of its packets')
      : fails('it sends a parameter that only a server may send');
  }
  if (original === undefined) return fails('there is no original_destination_connection_id');
  if (toHex(original) !== toHex(endpoint.originalDestination))
    return fails('original_destination_connection_id is another ID');
  return passes('the IDs are those of the packets');
}

/** Whether values that have bounds are within them. RFC 9000 §18.2 */
function* keepsBounds(scene: Scene, subject: Subject): Script<Finding> {
  const talk = yield* meet(scene, subject);
  const { maxUdpPayloadSize, ackDelayExponent, maxAckDelayMs, activeConnectionIdLimit } = talk.parameters;
  if (maxUdpPayloadSize < 1200) return fails(`max_udp_payload_size is ${maxUdpPayloadSize}`);
  if (ackDelayExponent > 20) return fails(`ack_delay_exponent is ${ackDelayExponent}`);
  if (maxAckDelayMs >= 2 ** 14) return fails(`max_ack_delay is ${maxAckDelayMs}`);
  if (activeConnectionIdLimit < 2) return fails(`active_connection_id_limit is ${activeConnectionIdLimit}`);
  return passes('its values are within their bounds');
}

const OF_BOTH: readonly (readonly [
  name: string,
  section: string,
  ids: readonly string[],
  sends: string,
  asks: string,
  play: (scene: Scene, subject: Subject) => Script<Finding>,
])[] = [
  [
    'handshake',
    'RFC 9001 §4.1.2',
    ['rfc9001-4.1.2-1'],
    'a handshake',
    'a handshake that completes, and HANDSHAKE_DONE of a server',
    handshakes,
  ],
  [
    'ping',
    'RFC 9000 §13.2.1',
    ['rfc9000-13.2.1-1', 'rfc9000-13.2.1-2'],
    'PING',
    'an acknowledgement',
    acknowledges,
  ],
  [
    'own-ids',
    'RFC 9000 §7.3',
    ['rfc9000-7.3-1'],
    'a handshake',
    'transport parameters with the IDs that its packets had, and none that are not its own',
    tellsIds,
  ],
  [
    'own-parameters',
    'RFC 9000 §18.2',
    ['rfc9000-18.2-8'],
    'a handshake',
    'transport parameters within their bounds',
    keepsBounds,
  ],
];

/** What every connection needs, and what must not disturb it. */
export const BASIC_ROWS: readonly Row[] = [
  ...OF_BOTH.flatMap(([name, section, ids, sends, asks, play]) =>
    BOTH.map((subject): Row => ({
      ...{ name, section, ids, sends, asks, subject },
      level: 'MUST',
      play: (scene) => play(scene, subject),
    })),
  ),
  ...frameRows([
    {
      name: 'ack-with-ecn-counts',
      section: 'RFC 9000 §19.3',
      ids: ['rfc9000-19.3-1'],
      sends: 'ACK with ECN counts that nobody has counted',
      asks: 'no error: ECN is given up at most',
      payloads: ({ talk }) => {
        const number = talk
          .seen(Level.Application)
          .reduce((most, packet) => Math.max(most, packet.number), 0);
        return [frame(Type.AckEcn, [number, 0, 0, 0, 1000, 1000, 1000])];
      },
    },
  ]),
];
