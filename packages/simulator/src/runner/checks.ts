import { toHex } from '@tsquic/bytes';
import { addressText, PacketType } from '@tsquic/quic-core';
import { FrameType } from '@tsquic/quic-core/wire';
import { Ecn } from '../datagram.ts';
import { QUIC_1, QUIC_2 } from '../negotiated-version.ts';
import type { CapturedDatagram, CapturedPacket, End, Traces } from './capture.ts';
import {
  cryptoBytes,
  handshakeMessages,
  MessageType,
  offeredSuites,
  parameterOf,
} from './handshake-messages.ts';

/** What the runner demands of the traces of a case: a line for each thing that is wrong. */
export type RunnerCheck = (traces: Traces) => string[];

/** The packets of one end in a trace, in order. */
function packetsOf(trace: readonly CapturedDatagram[], sender: End, type: PacketType): CapturedPacket[] {
  return trace.flatMap((datagram) =>
    datagram.sender === sender ? datagram.packets.filter((packet) => packet.type === type) : [],
  );
}

/** Handshakes as the runner counts them: connection IDs that the server has chosen in its Initial packets. */
export function handshakesOf({ server }: Traces): number {
  return new Set(packetsOf(server, 'server', PacketType.Initial).map(({ sourceId }) => sourceId)).size;
}

/** Every case but one: the server's Initial packets have version 1. */
export const checkVersion1: RunnerCheck = ({ server }) =>
  faultIf(
    packetsOf(server, 'server', PacketType.Initial).some(({ version }) => version !== QUIC_1),
    'the server has sent an Initial packet that is not of version 1',
  );

export const checkNoRetry: RunnerCheck = ({ server }) =>
  faultIf(packetsOf(server, 'server', PacketType.Retry).length > 0, 'the server has sent a Retry');

/** How often the client has sent the first byte of its ClientHello. */
export function clientHellos({ client }: Traces): number {
  return packetsOf(client, 'client', PacketType.Initial).filter(({ frames }) =>
    frames.some(({ type, values }) => type === FrameType.Crypto && values[0] === 0),
  ).length;
}

export const checkHelloAgain: RunnerCheck = (traces) =>
  faultIf(clientHellos(traces) < 2, `${clientHellos(traces)} ClientHello, not 2 or more`);

export const checkOnlyChacha20: RunnerCheck = ({ client }) => {
  const [hello] = handshakeMessages(client, 'client', PacketType.Initial, firstConnection(client, 'client'));
  const suites = hello?.type === MessageType.ClientHello ? offeredSuites(hello) : [];
  const names = suites.map((suite) => `0x${suite.toString(16)}`).join(', ');
  return faultIf(suites.length !== 1 || suites[0] !== CHACHA20, `the client offers ${names || 'nothing'}`);
};

export const checkStreamLimit: RunnerCheck = ({ server }) => {
  const messages = handshakeMessages(
    server,
    'server',
    PacketType.Handshake,
    firstConnection(server, 'server'),
  );
  const extensions = messages.find(({ type }) => type === MessageType.EncryptedExtensions);
  const limit = extensions === undefined ? -1 : parameterOf(extensions, INITIAL_MAX_STREAMS_BIDI);
  return [
    ...faultIf(limit < 0 || limit > 1000, `initial_max_streams_bidi is ${limit}, not 0 to 1000`),
    ...faultIf(limitFrames(server) === 0, 'the server has sent no MAX_STREAMS'),
  ];
};

/** MAX_STREAMS frames of the server for bidirectional streams. */
export function limitFrames(trace: readonly CapturedDatagram[]): number {
  return packetsOf(trace, 'server', PacketType.OneRtt).filter((packet) =>
    has(packet, FrameType.MaxStreamsBidi),
  ).length;
}

/** RFC 9000 §17.2.5.3: the token comes back, and packet numbers go on. */
export const checkRetry: RunnerCheck = ({ client }) => {
  let token = '';
  let highestBefore = -1;
  let used = 0;
  for (const { sender, packets } of client) {
    for (const packet of packets) {
      if (sender === 'server' && packet.type === PacketType.Retry) token = packet.token;
      if (sender === 'server' || packet.type !== PacketType.Initial) continue;
      if (token === '') highestBefore = Math.max(highestBefore, packet.number);
      else if (packet.token === token) used++;
      if (token !== '' && packet.number <= highestBefore)
        return [`Initial packet ${packet.number} after the Retry, ${highestBefore} before it`];
    }
  }
  if (token === '') return ['the server has sent no Retry with a token'];
  return faultIf(used === 0, 'no Initial packet has the token of the Retry');
};

export const checkResumption: RunnerCheck = ({ server }) => {
  const connections = [...new Set(server.filter(isOfServer).map(({ connection }) => connection))];
  const certificates = connections.map((connection) =>
    handshakeMessages(server, 'server', PacketType.Handshake, connection).some(
      ({ type }) => type === MessageType.Certificate,
    ),
  );
  return [
    ...faultIf(certificates[0] !== true, 'the first handshake has no Certificate'),
    ...faultIf(certificates[1] !== false, 'the second handshake has a Certificate'),
  ];
};

/** Bytes of protected payloads that the client has sent in packets of this type. */
export function payloadBytes({ client }: Traces, type: PacketType): number {
  return packetsOf(client, 'client', type).reduce((sum, packet) => sum + packet.payloadBytes, 0);
}

/** @param mostBytes - of the client's 1-RTT packets. */
export function checkEarlyData(mostBytes: number): RunnerCheck {
  return (traces) => {
    const late = payloadBytes(traces, PacketType.OneRtt);
    return [
      ...faultIf(payloadBytes(traces, PacketType.ZeroRtt) === 0, 'the client has sent nothing in 0-RTT'),
      ...faultIf(late > mostBytes, `the client has sent ${late} bytes in 1-RTT, more than ${mostBytes}`),
    ];
  };
}

export const checkKeyUpdate: RunnerCheck = ({ client }) =>
  ENDS.flatMap((end) =>
    faultIf(
      !packetsOf(client, end, PacketType.OneRtt).some(({ keyPhase }) => keyPhase === 1),
      `no packet of the ${end} has key phase 1`,
    ),
  );

/** Counts at the end that sends: each must mark, and acknowledge the marks of the other. */
export const checkEcn: RunnerCheck = (traces) =>
  ENDS.flatMap((end) => {
    const own = traces[end].filter(({ sender }) => sender === end);
    const isMarked = own.some(({ ecn }) => ecn === Ecn.Ect0 || ecn === Ecn.Ect1);
    const isCounted = own.some(({ packets }) => packets.some((packet) => has(packet, FrameType.AckEcn)));
    return [
      ...faultIf(!isMarked, `the ${end} has sent no datagram with ECT`),
      ...faultIf(
        own.some(({ ecn }) => ecn === Ecn.Ce),
        `the ${end} has sent CE`,
      ),
      ...faultIf(!isCounted, `the ${end} has sent no ACK with ECN counts`),
    ];
  });

/** What has come and gone at the server until the first Handshake packet of the client came. */
export function unvalidatedBytes({ server }: Traces): { readonly came: number; readonly sent: number } {
  let came = 0;
  let sent = 0;
  for (const { sender, packets, bytes } of server) {
    if (sender === 'client' && packets.some(({ type }) => type === PacketType.Handshake)) break;
    if (sender === 'client') came += bytes;
    else sent += bytes;
  }
  return { came, sent };
}

/** RFC 9000 §8.1. The runner lets four times pass with a warning, which is none here. */
export const checkAmplification: RunnerCheck = (traces) => {
  const { server } = traces;
  const flight = cryptoBytes(
    server,
    'server',
    PacketType.Handshake,
    firstConnection(server, 'server'),
  ).length;
  const { came, sent } = unvalidatedBytes(traces);
  return [
    ...faultIf(flight < 7500, `the server's CRYPTO frames have ${flight} bytes, less than 7500`),
    ...faultIf(sent > 3 * came, `the server has sent ${sent} bytes for ${came}`),
  ];
};

export const checkIpv6: RunnerCheck = ({ client, server }) =>
  faultIf(
    [...client, ...server].some(({ from, to }) => !from.ip.includes(':') || !to.ip.includes(':')),
    'a datagram has an IPv4 address',
  );

/** RFC 9368 §2.3, RFC 9369 §4 */
export const checkVersion2: RunnerCheck = ({ client, server }) => {
  const first = packetsOf(client, 'client', PacketType.Initial)[0]?.version;
  const answers = packetsOf(server, 'server', PacketType.Initial);
  return [
    ...faultIf(first !== QUIC_1, `the client begins with version ${first}`),
    ...faultIf(
      !answers.some(({ version }) => version === QUIC_2),
      'no Initial packet of the server has version 2',
    ),
    ...ENDS.flatMap((end) => {
      const packets = packetsOf(server, end, PacketType.Handshake);
      const isWrong = packets.length === 0 || packets.some(({ version }) => version !== QUIC_2);
      return faultIf(isWrong, `a Handshake packet of the ${end} is missing, or not of version 2`);
    }),
  ];
};

/** Pairs of addresses between which the server has sent, in order of their first datagrams. */
export function serverPaths({ server }: Traces): CapturedDatagram[] {
  const firsts = new Map<string, CapturedDatagram>();
  for (const datagram of server.filter(isOfServer))
    if (!firsts.has(pathText(datagram))) firsts.set(pathText(datagram), datagram);
  return [...firsts.values()];
}

/** The first datagram of the server on each path but the first has a PATH_CHALLENGE, which is answered. RFC 9000 §9.3 */
export const checkNewPaths: RunnerCheck = (traces) => {
  const paths = serverPaths(traces);
  const answers = new Set(
    packetsOf(traces.server, 'client', PacketType.OneRtt).flatMap((packet) =>
      packet.frames.filter(({ type }) => type === FrameType.PathResponse).map(({ data }) => toHex(data)),
    ),
  );
  return [
    ...faultIf(paths.length < 2, 'the server has sent on one path only'),
    ...paths.slice(1).flatMap((first) => {
      const challenges = first.packets
        .flatMap(({ frames }) => frames)
        .filter(({ type }) => type === FrameType.PathChallenge);
      const where = `path ${pathText(first)}`;
      return [
        ...faultIf(challenges.length === 0, `${where} begins without PATH_CHALLENGE`),
        ...faultIf(
          challenges.some(({ data }) => !answers.has(toHex(data))),
          `the PATH_CHALLENGE of ${where} was not answered`,
        ),
      ];
    }),
  ];
};

/** The client was seen at two IP addresses or more. */
export const checkClientIps: RunnerCheck = (traces) =>
  faultIf(
    new Set(serverPaths(traces).map(({ to }) => to.ip)).size < 2,
    'the server has seen one IP address of the client only',
  );

/** The client takes another connection ID of the server for another path. RFC 9000 §9.5 */
export const checkNewIds: RunnerCheck = ({ client }) => {
  const own = client.filter(({ sender }) => sender === 'client');
  return own.flatMap((datagram, i) => {
    const before = own[i - 1];
    if (before === undefined || pathText(before) === pathText(datagram)) return [];
    const isSame = before.packets.at(-1)!.destinationId === datagram.packets[0]!.destinationId;
    return faultIf(isSame, `the client takes an ID along to path ${pathText(datagram)}`);
  });
};

function isOfServer({ sender }: CapturedDatagram): boolean {
  return sender === 'server';
}

function firstConnection(trace: readonly CapturedDatagram[], sender: End): number {
  return trace.find((datagram) => datagram.sender === sender && datagram.connection >= 0)?.connection ?? -1;
}

function has({ frames }: CapturedPacket, frameType: number): boolean {
  return frames.some(({ type }) => type === frameType);
}

function pathText({ from, to }: CapturedDatagram): string {
  return `${addressText(from)} to ${addressText(to)}`;
}

function faultIf(isFault: boolean, text: string): string[] {
  return isFault ? [text] : [];
}

const ENDS = ['client', 'server'] as const;
/** TLS_CHACHA20_POLY1305_SHA256. RFC 8446 §B.4 */
const CHACHA20 = 0x1303;
/** RFC 9000 §18.2 */
const INITIAL_MAX_STREAMS_BIDI = 0x08;
