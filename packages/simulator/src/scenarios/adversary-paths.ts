import { frame } from '@tsquic/adversary';
import { concatBytes } from '@tsquic/bytes';
import { FrameType } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';
import type { AdversaryHost } from '../adversary-host.ts';
import type { AdversaryScenario } from '../adversary-scenario.ts';
import type { Peer } from '../peer.ts';
import { CLIENT, LITTLE_BYTES, QUIET, repeat } from './adversary-setting.ts';
import { MS } from './setting.ts';

const NO_VIABLE_PATH = 0x10;
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

/** Issue an ID of the adversary for a path, which it reads from then on. */
function issueOwn({ endpoint }: AdversaryHost, pathId: number): Uint8Array {
  const id = new Uint8Array(ID_BYTES).fill(0xc0);
  new DataView(id.buffer).setUint32(0, pathId);
  endpoint.laterPaths.expect(pathId, id);
  const data = concatBytes(Uint8Array.of(ID_BYTES), id, id, id);
  return frame(FrameType.PathNewConnectionId, [pathId, 0, 0], data);
}

/** Send a packet on a path, once the honest side has issued an ID for it. Returns whether it has. */
function sendOn(adversary: AdversaryHost, pathId: number, payload: Uint8Array): boolean {
  const bytes = adversary.pathPacket(pathId, payload, 1200);
  if (bytes !== undefined) adversary.sendDatagram(bytes);
  return bytes !== undefined;
}

/** Whether the honest side has issued an ID for a path. */
const mayOpen = ({ endpoint }: AdversaryHost, pathId: number): boolean =>
  endpoint.framesOf(FrameType.PathNewConnectionId).some(({ values }) => values[0] === pathId);

const challengeOf = (round: number): Uint8Array =>
  frame(FrameType.PathChallenge, [], new Uint8Array(8).fill(round));

/** The path IDs after the first that may be used at once. */
const FURTHER_IDS: readonly number[] = Array.from({ length: FURTHER }, (_, i) => i + 1);

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
    name: 'adversary-path-openings',
    about: 'a client opens each path that it may have, proves its address, and abandons it for the next',
    addresses: [{ ip: '10.0.1.1', port: 4433 }],
    rounds: 400,
    spacingUs: 50 * MS,
    attack: (adversary, round) => {
      const max = largestAllowed(adversary);
      const ids = Array.from({ length: FURTHER }, (_, i) => max - i).filter((id) => id > 0);
      const known = ids.filter((id) => mayOpen(adversary, id));
      if (round % 4 === 1) for (const id of known) sendOn(adversary, id, challengeOf(round));
      const frames =
        round % 4 === 0
          ? [frame(FrameType.MaxPathId, [max]), ...ids.map((id) => issueOwn(adversary, id))]
          : known.map((id) => frame(FrameType.PathAbandon, [id, 0]));
      if (round % 2 === 0 && frames.length > 0) adversary.send(Level.Application, concatBytes(...frames));
    },
    // Validation takes 1200 bytes each way, and MTU probes and a token follow.
    limits: { bytesOutPerByteIn: 3, heldBytes: LITTLE_BYTES },
    faultsAfter: fewPaths,
  },
  {
    ...PATHS,
    name: 'adversary-path-wanderers',
    about: 'packets on each of several paths come from ever new addresses, of others',
    addresses: [{ ip: '10.0.1.1', port: 4433 }],
    attack: (adversary, round, { inject }) => {
      if (round === 0)
        adversary.send(Level.Application, concatBytes(...FURTHER_IDS.map((id) => issueOwn(adversary, id))));
      for (const id of FURTHER_IDS) {
        if (round < 100) sendOn(adversary, id, challengeOf(round));
        const bytes = round < 100 ? undefined : adversary.pathPacket(id, frame(FrameType.Ping));
        if (bytes !== undefined) inject(bytes, 1024 + id, { fromIp: `198.51.${round >> 8}.${round & 255}` });
      }
    },
    // Three bytes for each that came from there, RFC 9000 §8.1: too few for a challenge of 1200.
    limits: {
      bytesOutPerByteIn: 3,
      bytesToOthers: 3 * 60 * FURTHER * CLIENT.rounds,
      heldBytes: LITTLE_BYTES,
    },
    faultsAfter: fewPaths,
  },
  {
    ...PATHS,
    name: 'adversary-path-none-left',
    about: 'a client opens a path, and abandons all that there are',
    addresses: [{ ip: '10.0.1.1', port: 4433 }],
    attack: (adversary, round) => {
      if (round === 0) adversary.send(Level.Application, issueOwn(adversary, 1));
      else if (round < 100) sendOn(adversary, 1, challengeOf(round));
      else
        adversary.send(
          Level.Application,
          concatBytes(frame(FrameType.PathAbandon, [1, 0]), frame(FrameType.PathAbandon, [0, 0])),
        );
    },
    limits: { bytesOutPerByteIn: 3, heldBytes: LITTLE_BYTES, code: NO_VIABLE_PATH },
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

function fewPaths(honest: Peer): readonly string[] {
  const most = Math.max(
    ...honest.connections.map((one) => new Set(one.pathStatistics().map(({ pathId }) => pathId)).size),
  );
  return most > 1 + FURTHER ? [`${most} paths are in use`] : [];
}

function onePath(honest: Peer): readonly string[] {
  const most = Math.max(...honest.connections.map((connection) => connection.pathStatistics().length));
  return most > 1 ? [`${most} paths are in use`] : [];
}
