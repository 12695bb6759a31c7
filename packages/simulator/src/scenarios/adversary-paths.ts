import { frame } from '@tsquic/adversary';
import { concatBytes } from '@tsquic/bytes';
import { FrameType } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import type { AdversaryHost } from '../adversary-host.ts';
import type { AdversaryScenario } from '../adversary-scenario.ts';
import type { Peer } from '../peer.ts';
import { CLIENT, LITTLE_BYTES, QUIET, repeat } from './adversary-setting.ts';
import { MS } from './setting.ts';

const PROTOCOL_VIOLATION = 0x0a;
const CONNECTION_ID_LIMIT_ERROR = 0x09;
const ID_BYTES = 8;
/** Paths that both ends allow besides the first. */
const FURTHER = 3;

const PATHS: Pick<AdversaryScenario, 'adversary' | 'rounds' | 'spacingUs' | 'transport' | 'parameters'> = {
  ...CLIENT,
  transport: { maxPaths: 1 + FURTHER },
  parameters: (parameters) => void Object.assign(parameters, { initialMaxPathId: FURTHER }),
};

/** PATH_NEW_CONNECTION_ID with an ID that no other frame has. */
function issue(pathId: number, sequence: number, retirePriorTo: number): Uint8Array {
  const id = new Uint8Array(ID_BYTES).fill(pathId);
  new DataView(id.buffer).setUint32(0, sequence);
  const token = new Uint8Array(16).fill(pathId);
  new DataView(token.buffer).setUint32(0, sequence);
  const data = concatBytes(Uint8Array.of(ID_BYTES), id, token);
  return frame(FrameType.PathNewConnectionId, [pathId, sequence, retirePriorTo], data);
}

/** The largest path ID that the honest side allows by now. */
function largestAllowed({ endpoint }: AdversaryHost): number {
  return endpoint
    .framesOf(FrameType.MaxPathId)
    .reduce((max, { values }) => Math.max(max, values[0]!), FURTHER);
}

/** What a client may do with paths and their IDs. draft-ietf-quic-multipath §7 */
export const PATH_ABUSES: readonly AdversaryScenario[] = [
  {
    ...PATHS,
    name: 'adversary-path-statuses',
    about: 'a client changes the status of a path it does not use a hundred times in each packet',
    attack: (adversary, round) =>
      adversary.send(
        Level.Application,
        repeat(100, (i) =>
          frame(i % 2 === 0 ? FrameType.PathStatusBackup : FrameType.PathStatusAvailable, [
            1,
            100 * round + i,
          ]),
        ),
      ),
    limits: QUIET,
  },
  {
    ...PATHS,
    name: 'adversary-path-ids',
    about: 'a client issues IDs of a path and retires them at once, more than its peer may have to say so of',
    attack: (adversary, round) =>
      adversary.send(
        Level.Application,
        repeat(20, (i) => issue(1, 20 * round + i, 20 * round + i)),
      ),
    // RFC 9000 §5.1.2 allows to end the connection where too many retirements wait to be acknowledged.
    limits: { ...QUIET, code: CONNECTION_ID_LIMIT_ERROR },
  },
  {
    ...PATHS,
    name: 'adversary-path-ids-kept',
    about: 'a client issues more IDs of a path than it may have',
    attack: (adversary, round) => adversary.send(Level.Application, issue(1, round, 0)),
    limits: { ...QUIET, code: CONNECTION_ID_LIMIT_ERROR },
  },
  {
    ...PATHS,
    name: 'adversary-path-acks',
    about: 'a client acknowledges packets of a path that is not in use',
    attack: (adversary) => adversary.send(Level.Application, frame(FrameType.PathAck, [1, 0, 0, 0, 0])),
    limits: { ...QUIET, code: PROTOCOL_VIOLATION },
  },
  {
    ...PATHS,
    name: 'adversary-path-beyond',
    about: 'a client names a path beyond the limit',
    attack: (adversary) =>
      adversary.send(
        Level.Application,
        frame(FrameType.PathStatusBackup, [largestAllowed(adversary) + 1, 0]),
      ),
    limits: { ...QUIET, code: PROTOCOL_VIOLATION },
  },
  {
    ...PATHS,
    name: 'adversary-path-blocked',
    about: 'packets of PATHS_BLOCKED and PATH_CIDS_BLOCKED',
    attack: (adversary) =>
      adversary.send(
        Level.Application,
        repeat(100, (i) =>
          i % 2 === 0 ? frame(FrameType.PathsBlocked, [FURTHER]) : frame(FrameType.PathCidsBlocked, [1, 0]),
        ),
      ),
    limits: QUIET,
  },
  {
    ...PATHS,
    name: 'adversary-path-cycles',
    about: 'a client abandons each path that it may have, as soon as it may, before it is used',
    rounds: 400,
    spacingUs: 50 * MS,
    attack: (adversary) => {
      const max = largestAllowed(adversary);
      const ids = Array.from({ length: FURTHER }, (_, i) => max - i).filter((id) => id > 0);
      const frames = ids.map((id) => frame(FrameType.PathAbandon, [id, 0]));
      adversary.send(Level.Application, concatBytes(frame(FrameType.Ping), ...frames));
    },
    // PATH_ABANDON in answer, MAX_PATH_ID, and an ID for each further path.
    limits: { bytesOutPerByteIn: 12, heldBytes: LITTLE_BYTES },
    faultsAfter: onePath,
  },
  {
    ...PATHS,
    name: 'adversary-path-forgeries',
    about: 'packets that no key opens come to the IDs of paths that are not in use, from ever new addresses',
    attack: ({ endpoint }, round, { inject }) => {
      const ids = endpoint
        .framesOf(FrameType.PathNewConnectionId)
        .map(({ data }) => data.subarray(0, ID_BYTES));
      for (const [i, id] of ids.slice(0, FURTHER).entries())
        inject(concatBytes(Uint8Array.of(0x40), id, new Uint8Array(1190).fill(round)), 1024 + i, {
          fromIp: `198.51.${round >> 8}.${round & 255}`,
        });
    },
    limits: { bytesOutPerByteIn: 0, heldBytes: LITTLE_BYTES },
    faultsAfter: onePath,
  },
];

function onePath(honest: Peer): readonly string[] {
  const most = Math.max(...honest.connections.map((connection) => connection.pathStatistics().length));
  return most > 1 ? [`${most} paths are in use`] : [];
}
