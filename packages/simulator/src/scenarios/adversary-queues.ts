import { concatBytes } from '@tsquic/bytes';
import { FrameType } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import type { AdversaryHost } from '../adversary-host.ts';
import type { AdversaryScenario } from '../adversary-scenario.ts';
import { frame, streamFrame } from '@tsquic/adversary';
import { HOSTILE_ADDRESS } from '../witnessed-stage.ts';
import { BYTE, CLIENT, LITTLE_BYTES, MEGABYTE, QUIET, repeat } from './adversary-setting.ts';
import { MS } from './setting.ts';

const APP = Level.Application;
const PING = frame(FrameType.Ping);
/** What is sent to somebody who acknowledges nothing: a window, and probes. RFC 9002 §6.2, §7.2 */
const WINDOW_BYTES = 30_000;

/** What makes an honest side want to say something, again and again, to a peer that does not listen. */
export const QUEUE_ABUSES: readonly AdversaryScenario[] = [
  {
    ...CLIENT,
    name: 'adversary-stops-unheard',
    about: 'a hundred requests are stopped, and no RESET_STREAM that answers is acknowledged',
    acknowledges: false,
    attack: (adversary, round) =>
      adversary.send(
        APP,
        repeat(25, (i) => {
          const id = 4 * ((25 * round + i) % 100);
          return concatBytes(streamFrame(id, 0, BYTE), frame(FrameType.StopSending, [id, round]));
        }),
      ),
    limits: { bytesOutPerByteIn: 0, bytesOutAtMost: WINDOW_BYTES, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-limits-unheard',
    about: 'streams end and windows empty as fast as they may, and no MAX_* that comes is acknowledged',
    acknowledges: false,
    attack: (adversary) => {
      const granted = adversary.endpoint.framesOf(FrameType.MaxStreamsUni).at(-1)?.values[0] ?? 100;
      const begun = opened.get(adversary) ?? 0;
      const count = Math.max(0, Math.min(10, granted - begun));
      opened.set(adversary, begun + count);
      const blocked = frame(FrameType.StreamsBlockedUni, [granted]);
      const payload = repeat(count, (i) => streamFrame(4 * (begun + i) + 2, 0, new Uint8Array(90), true));
      adversary.send(APP, concatBytes(payload, blocked, frame(FrameType.DataBlocked, [0])));
    },
    limits: { bytesOutPerByteIn: 0.5, bytesOutAtMost: WINDOW_BYTES, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-blocked-streams',
    about: 'a hundred answers that their streams have no room for, which is said and never acknowledged',
    acknowledges: false,
    program: { responseBytes: MEGABYTE },
    parameters: (parameters) => void (parameters.initialMaxStreamDataBidiLocal = 1),
    attack: (adversary, round) =>
      adversary.send(
        APP,
        round < 100
          ? streamFrame(4 * round, 0, BYTE, true)
          : repeat(50, (i) =>
              frame(FrameType.MaxStreamData, [4 * ((50 * round + i) % 100), 2 + (round >> 1)]),
            ),
      ),
    limits: { bytesOutPerByteIn: 0.5, bytesOutAtMost: WINDOW_BYTES, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-retired-unheard',
    about: 'connection IDs are retired as they come, and nothing is acknowledged',
    acknowledges: false,
    attack: (adversary, round) => {
      const given = adversary.endpoint.framesOf(FrameType.NewConnectionId).map(({ values }) => values[0]!);
      const last = given[given.length - 1 - (round % 2)] ?? 1;
      adversary.send(APP, frame(FrameType.RetireConnectionId, [last]));
    },
    limits: { bytesOutPerByteIn: 1, bytesOutAtMost: WINDOW_BYTES, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-key-updates-slowly',
    about: 'new keys as soon as those before are acknowledged',
    spacingUs: 5 * MS,
    attack: (adversary) => {
      const { endpoint } = adversary;
      const acks = endpoint.framesOf(FrameType.Ack).length;
      if (acks > (seenAcks.get(adversary) ?? 0)) endpoint.updateKeys();
      seenAcks.set(adversary, acks);
      adversary.send(APP, PING);
    },
    limits: { bytesOutPerByteIn: 2, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-reset-echo',
    about: 'every answer to a stray packet comes back, and is a stray packet itself',
    until: 'nothing',
    attack: (_adversary, round, { inject, world }) => {
      if (round === 0)
        world.observe({
          onSend: (_host, { to, bytes }) => {
            if (to.ip === HOSTILE_ADDRESS.ip) world.at(world.nowUs + MS, () => inject(bytes));
          },
        });
      if (round < 10) inject(new Uint8Array(1200).fill(0x40 | round));
    },
    // Ten are answered, each echo by less than it is, and no second has more than ten. RFC 9000 §10.3.3
    limits: { bytesOutPerByteIn: 0.2, bytesOutAtMost: 0, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-close-echo',
    about: 'what ends a connection, and every answer to it, come back again and again',
    goesOn: true,
    rounds: 200,
    attack: (adversary, round, { inject, world }) => {
      const { endpoint } = adversary;
      if (round === 0)
        world.observe({
          onSend: (_host, { to }) => {
            if (to.ip !== HOSTILE_ADDRESS.ip) return;
            world.at(world.nowUs + MS, () =>
              inject(endpoint.packet(APP, frame(FrameType.ConnectionClose, [1, 0, 0]))),
            );
          },
        });
      adversary.send(APP, frame(0x21));
    },
    limits: { ...QUIET, code: 0x07 },
  },
];

/** How many streams each adversary has opened. */
const opened = new WeakMap<AdversaryHost, number>();
/** How many ACKs each adversary has seen. */
const seenAcks = new WeakMap<AdversaryHost, number>();
