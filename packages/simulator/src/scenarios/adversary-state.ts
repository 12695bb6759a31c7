import { concatBytes } from '@tsquic/bytes';
import { FrameType } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import type { AdversaryHost } from '../adversary-host.ts';
import type { AdversaryScenario } from '../adversary-scenario.ts';
import { cryptoFrame, frame } from '@tsquic/adversary';
import { BYTE, CLIENT, LITTLE_BYTES, QUIET, repeat } from './adversary-setting.ts';
import { MS } from './setting.ts';

/** Floods of connection IDs, key updates and handshake data. */
export const STATE_ABUSES: readonly AdversaryScenario[] = [
  {
    ...CLIENT,
    name: 'adversary-retirements',
    about: 'every connection ID is retired as soon as it is given',
    attack: (adversary) => {
      const { endpoint } = adversary;
      const given = endpoint.framesOf(FrameType.NewConnectionId).map(({ values }) => values[0]!);
      const fresh = new Set(given.filter((sequence) => sequence > (retired.get(adversary) ?? 0)));
      const last = Math.max(...fresh, retired.get(adversary) ?? 0);
      retired.set(adversary, last);
      const payload = concatBytes(
        ...[...fresh].map((sequence) => frame(FrameType.RetireConnectionId, [sequence])),
      );
      adversary.send(Level.Application, fresh.size === 0 ? frame(FrameType.Ping) : payload);
    },
    limits: { bytesOutPerByteIn: 4, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-new-ids',
    about: 'every connection ID takes the place of the one before',
    spacingUs: 30 * MS,
    attack: (adversary, round) => {
      const id = new Uint8Array(25).fill(round, 1);
      id[0] = 8;
      id[1] = (round + 1) >> 8;
      id[2] = round + 1;
      adversary.send(Level.Application, frame(FrameType.NewConnectionId, [round + 1, round + 1], id));
    },
    limits: { bytesOutPerByteIn: 2, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-key-updates',
    about: 'new keys for every packet',
    attack: (adversary) => {
      adversary.endpoint.updateKeys();
      adversary.send(Level.Application, frame(FrameType.Ping));
    },
    // A second update is KEY_UPDATE_ERROR before an acknowledgement with the new keys can have left. RFC 9001
    // §6.2
    limits: { code: 0x0e, bytesOutPerByteIn: 1, heldBytes: LITTLE_BYTES },
  },
  {
    ...CLIENT,
    name: 'adversary-crypto-drip',
    adversary: 'server',
    about: 'a session ticket of 16 KiB comes byte by byte, and never ends',
    rounds: 300,
    attack: (adversary, round) => {
      const { endpoint } = adversary;
      const header = Uint8Array.of(4, 0, 0x3f, 0);
      const at = endpoint.cryptoOffset(Level.Application) + (round === 0 ? 0 : 4 + 50 * (round - 1));
      adversary.send(
        Level.Application,
        round === 0 ? cryptoFrame(at, header) : repeat(50, (i) => cryptoFrame(at + i, BYTE)),
      );
    },
    limits: QUIET,
  },
];

/** Highest connection ID that each adversary has retired. */
const retired = new WeakMap<AdversaryHost, number>();
