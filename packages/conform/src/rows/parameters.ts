import { concatBytes, encodeVarint } from '@tsquic/bytes';
import { hugeVarint } from '@tsquic/adversary';
import { TransportCode as Code, type TransportParameters } from '@tsquic/quic-core';
import { encodeParameters } from '@tsquic/quic-core/wire';
import { closesWith } from '../answers.ts';
import type { ConversationOptions } from '../conversation.ts';
import { fails, type Finding, passes, type Row, type Subject } from '../row.ts';
import { endText, type Scene } from '../scene.ts';
import { Inconclusive, type Script, wait } from '../script.ts';
import { BOTH } from './frame-row.ts';

type Change = (parameters: TransportParameters) => Uint8Array | void;
type ParameterRow = readonly [
  name: string,
  sends: string,
  section: string,
  ids: readonly string[],
  change: Change,
  others?: { readonly word?: 'SHOULD'; readonly codes?: readonly number[] },
];

const ONE_BYTE = Uint8Array.of(1);

/** The parameters, and one more behind them. */
export function withRaw(id: number, value: Uint8Array): Change {
  return (parameters) =>
    concatBytes(encodeParameters(parameters, 1), encodeVarint(id), encodeVarint(value.length), value);
}

function set(change: Partial<TransportParameters>): Change {
  return (parameters) => void Object.assign(parameters, change);
}

const IDS_7_3 = { codes: [Code.TransportParameter, Code.ProtocolViolation] } as const;
const V7_4 = 'RFC 9000 §7.4';

/** Wrong from either side. */
const WRONG: readonly ParameterRow[] = [
  [
    'source-id-missing',
    'no initial_source_connection_id',
    'RFC 9000 §7.3',
    ['rfc9000-7.3-3'],
    set({ initialSourceConnectionId: undefined }),
  ],
  [
    'source-id-wrong',
    'an initial_source_connection_id that no packet had',
    'RFC 9000 §7.3',
    ['rfc9000-7.3-4', 'rfc9000-7.3-2'],
    set({ initialSourceConnectionId: new Uint8Array(8) }),
    IDS_7_3,
  ],
  [
    'udp-payload-1199',
    'max_udp_payload_size 1199',
    V7_4,
    ['rfc9000-7.4-1'],
    set({ maxUdpPayloadSize: 1199 }),
  ],
  ['ack-delay-exponent-21', 'ack_delay_exponent 21', V7_4, ['rfc9000-7.4-1'], set({ ackDelayExponent: 21 })],
  ['max-ack-delay-2-14', 'max_ack_delay 2^14', V7_4, ['rfc9000-7.4-1'], set({ maxAckDelayMs: 2 ** 14 })],
  [
    'id-limit-1',
    'active_connection_id_limit 1',
    'RFC 9000 §18.2',
    ['rfc9000-18.2-9'],
    set({ activeConnectionIdLimit: 1 }),
  ],
  [
    'twice',
    'max_ack_delay twice',
    V7_4,
    ['rfc9000-7.4-3'],
    (parameters) => {
      parameters.maxAckDelayMs = 20;
      return withRaw(0x0b, Uint8Array.of(20))(parameters);
    },
    { word: 'SHOULD' },
  ],
  [
    'integer-too-long',
    'max_ack_delay with a byte behind it',
    V7_4,
    ['rfc9000-7.4-1'],
    withRaw(0x0b, Uint8Array.of(25, 0)),
  ],
  [
    'cut-short',
    'a parameter that is longer than the extension',
    V7_4,
    ['rfc9000-7.4-1'],
    (parameters) => concatBytes(encodeParameters(parameters, 1), Uint8Array.of(0x0b, 4, 1)),
  ],
  [
    'flag-with-value',
    'disable_active_migration with a value',
    V7_4,
    ['rfc9000-7.4-1'],
    withRaw(0x0c, ONE_BYTE),
  ],
  [
    'streams-above-2-60',
    'initial_max_streams_bidi of 2^60 + 1',
    'RFC 9000 §4.6',
    ['rfc9000-4.6-1'],
    (parameters) => {
      parameters.initialMaxStreamsBidi = 0;
      return withRaw(0x08, TOO_MANY)(parameters);
    },
  ],
  [
    'uni-streams-above-2-60',
    'initial_max_streams_uni of 2^60 + 1',
    'RFC 9000 §4.6',
    ['rfc9000-4.6-1'],
    (parameters) => {
      parameters.initialMaxStreamsUni = 0;
      return withRaw(0x09, TOO_MANY)(parameters);
    },
  ],
];

/** What only a server may say. RFC 9000 §18.2 */
const OF_SERVERS: readonly ParameterRow[] = (
  [
    [
      'original-destination-id',
      'original_destination_connection_id',
      set({ originalDestinationConnectionId: new Uint8Array(8) }),
    ],
    ['retry-source-id', 'retry_source_connection_id', set({ retrySourceConnectionId: new Uint8Array(8) })],
    ['reset-token', 'stateless_reset_token', set({ statelessResetToken: new Uint8Array(16).fill(7) })],
    ['preferred-address', 'preferred_address', set({ preferredAddress: preferredAddress(8) })],
  ] as const
).map(([name, parameter, change]) => [
  `${name}-from-client`,
  `${parameter}, as a client`,
  'RFC 9000 §18.2',
  ['rfc9000-18.2-11'],
  change,
]);

/** What a server must say, and how. */
const BY_SERVERS: readonly ParameterRow[] = [
  [
    'original-destination-id-missing',
    'no original_destination_connection_id',
    'RFC 9000 §7.3',
    ['rfc9000-7.3-3'],
    set({ originalDestinationConnectionId: undefined }),
  ],
  [
    'original-destination-id-wrong',
    'an original_destination_connection_id that no packet had',
    'RFC 9000 §7.3',
    ['rfc9000-7.3-4'],
    set({ originalDestinationConnectionId: new Uint8Array(8) }),
    IDS_7_3,
  ],
  [
    'retry-source-id-without-retry',
    'retry_source_connection_id without a Retry',
    'RFC 9000 §7.3',
    ['rfc9000-7.3-4'],
    set({ retrySourceConnectionId: new Uint8Array(8) }),
    IDS_7_3,
  ],
  [
    'reset-token-of-15-bytes',
    'a stateless_reset_token of 15 bytes',
    V7_4,
    ['rfc9000-7.4-1'],
    set({ statelessResetToken: new Uint8Array(15) }),
  ],
  [
    'preferred-address-cut-short',
    'a preferred_address of 20 bytes',
    V7_4,
    ['rfc9000-7.4-1'],
    set({ preferredAddress: new Uint8Array(20) }),
  ],
  [
    'preferred-address-without-id',
    'a preferred_address with a connection ID of no bytes',
    'RFC 9000 §18.2',
    ['rfc9000-18.2-7'],
    set({ preferredAddress: preferredAddress(0) }),
  ],
];

/** An address of each family, a connection ID of that length, and a token. RFC 9000 §18.2 */
function preferredAddress(idLength: number): Uint8Array {
  const ips = concatBytes(Uint8Array.of(127, 0, 0, 1, 1, 1), new Uint8Array(18));
  return concatBytes(
    ips,
    Uint8Array.of(idLength),
    new Uint8Array(idLength).fill(9),
    new Uint8Array(16).fill(3),
  );
}

/** A conversation whose first flight of this side has left. */
export function* begin(
  scene: Scene,
  subject: Subject,
  options: ConversationOptions,
): Script<ReturnType<Scene['open']>> {
  if (subject === 'client') return yield* scene.arrival(options);
  const talk = scene.open(options);
  talk.endpoint.start();
  return talk;
}

function ofParameters(subject: Subject, rows: readonly ParameterRow[]): Row[] {
  return rows.map(([name, sends, section, ids, parameters, others = {}]) => ({
    name: `parameter-${name}`,
    subject,
    level: others.word ?? 'MUST',
    section,
    ids,
    sends: `transport parameters: ${sends}`,
    asks:
      others.codes === undefined
        ? 'TRANSPORT_PARAMETER_ERROR'
        : 'TRANSPORT_PARAMETER_ERROR or PROTOCOL_VIOLATION',
    *play(scene) {
      scene.act(sends);
      const talk = yield* begin(scene, subject, { parameters });
      return yield* closesWith(scene, talk, ...(others.codes ?? [Code.TransportParameter]));
    },
  }));
}

/** Parameters that must be ignored. */
const IGNORED: readonly (readonly [name: string, sends: string, id: number])[] = [
  ['parameter-unknown', 'a parameter that nobody has defined', 0x3abc],
  ['parameter-reserved', 'a parameter of those that are reserved for this (31 N + 27)', 31 * 777 + 27],
];

function* connects(scene: Scene, subject: Subject, parameters: Change): Script<Finding> {
  const talk = yield* begin(scene, subject, { parameters });
  yield* wait(scene.setting.timeoutMs, () => talk.isConfirmed || talk.close !== undefined);
  if (talk.isConfirmed) return passes('the handshake is confirmed');
  if (talk.close !== undefined) return fails(endText(talk));
  throw new Inconclusive(endText(talk));
}

const TOO_MANY = hugeVarint(0x1000_0000, 1);

/** Transport parameters. */
export const PARAMETER_ROWS: readonly Row[] = [
  ...BOTH.flatMap((subject) => ofParameters(subject, WRONG)),
  ...ofParameters('server', OF_SERVERS),
  ...ofParameters('client', BY_SERVERS),
  ...BOTH.flatMap((subject) =>
    IGNORED.map(([name, sends, id]): Row => ({
      name,
      subject,
      level: 'MUST',
      section: 'RFC 9000 §7.4.2',
      ids: ['rfc9000-7.4.2-1'],
      sends: `transport parameters: ${sends}`,
      asks: 'ignored',
      play: (scene) => {
        scene.act(sends);
        return connects(scene, subject, withRaw(id, new Uint8Array(16).fill(7)));
      },
    })),
  ),
];
