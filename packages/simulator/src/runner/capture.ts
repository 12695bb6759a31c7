import { ByteReader, toHex } from '@tsquic/bytes';
import { type Address, PacketType, type Tracer } from '@tsquic/quic-core';
import type { Observer } from '../observer.ts';
import { readFrames, type SeenFrame } from '@tsquic/adversary';

/** An end of the network. */
export type End = 'client' | 'server';

/** A packet as it was before it was sealed. IDs and tokens are hexadecimal. */
export interface CapturedPacket {
  readonly type: PacketType;
  /** 0 in short headers. */
  readonly version: number;
  readonly destinationId: string;
  /** '' in short headers. */
  readonly sourceId: string;
  /** Of an Initial or Retry packet. */
  readonly token: string;
  /** -1 in packets that have none. */
  readonly number: number;
  /** Of a short header. RFC 9001 §6 */
  readonly keyPhase: 0 | 1;
  /** The protected payload, with its tag. */
  readonly payloadBytes: number;
  /** Without PADDING; the bytes of STREAM frames are left out. */
  readonly frames: readonly SeenFrame[];
}

/** A datagram with the addresses that the network saw, outside of a NAT. */
export interface CapturedDatagram {
  readonly sender: End;
  readonly from: Address;
  readonly to: Address;
  readonly ecn: number;
  readonly bytes: number;
  readonly atUs: number;
  /** Of the sender's connection; -1 for none. */
  readonly connection: number;
  readonly packets: readonly CapturedPacket[];
}

/** What passed the interfaces of both ends, in order: what an end has sent and what came to it, but for what came corrupted. */
export type Traces = Record<End, CapturedDatagram[]>;

/** Records both traces of a world whose hosts are named after their ends. */
export interface RunnerCapture {
  readonly traces: Traces;
  readonly observer: Observer;
  /** Must watch the context of each end. */
  readonly tracers: Readonly<Record<End, Pick<Tracer, 'onPacketSent' | 'onInternalError'>>>;
}

/** A capture that has seen nothing yet. */
export function createRunnerCapture(): RunnerCapture {
  const traces: Traces = { client: [], server: [] };
  const pending: Record<End, CapturedPacket[]> = { client: [], server: [] };
  const connections: Record<End, number> = { client: -1, server: -1 };
  // A datagram is known again by its bytes, which no honest link copies.
  const sent = new WeakMap<Uint8Array, CapturedDatagram>();
  const tracerOf = (end: End): Pick<Tracer, 'onPacketSent' | 'onInternalError'> => ({
    onPacketSent(connection, type, number, bytes, buffer, payloadAt, payloadEnd) {
      connections[end] = connection;
      pending[end].push(readPacket(type, number, bytes, buffer, payloadAt, payloadEnd));
    },
    onInternalError(_connection, error) {
      throw error;
    },
  });
  return {
    traces,
    tracers: { client: tracerOf('client'), server: tracerOf('server') },
    observer: {
      onSend(host, { bytes, from, to, ecn }, atUs) {
        const sender = host.name as End;
        const own = pending[sender].splice(0);
        const connection = own.length === 0 ? -1 : connections[sender];
        const packets = own.length === 0 ? readStateless(bytes) : own;
        const record = { sender, from, to, ecn, bytes: bytes.length, atUs, connection, packets };
        sent.set(bytes, record);
        traces[sender].push(record);
      },
      onReceive(host, { bytes, ecn }, atUs) {
        const record = sent.get(bytes);
        if (record !== undefined) traces[host.name as End].push({ ...record, ecn, atUs });
      },
    },
  };
}

function readPacket(
  type: PacketType,
  number: number,
  bytes: number,
  buffer: Uint8Array,
  payloadAt: number,
  payloadEnd: number,
): CapturedPacket {
  const header = readHeader(buffer, payloadEnd + TAG_BYTES - bytes, payloadAt, type);
  const frames = readFrames(buffer, payloadAt, payloadEnd).map((one) =>
    one.type >= FIRST_STREAM && one.type <= LAST_STREAM ? { ...one, data: NONE } : one,
  );
  return { ...header, type, number, payloadBytes: payloadEnd + TAG_BYTES - payloadAt, frames };
}

type Header = Pick<CapturedPacket, 'version' | 'destinationId' | 'sourceId' | 'token' | 'keyPhase'>;

/** The header of a packet before its protection. RFC 9000 §17 */
function readHeader(buffer: Uint8Array, from: number, payloadAt: number, type: PacketType): Header {
  const reader = new ByteReader(buffer, from, payloadAt);
  const first = reader.u8();
  if (type === PacketType.OneRtt) {
    const numberBytes = (first & 3) + 1;
    const destinationId = toHex(reader.copy(payloadAt - from - 1 - numberBytes));
    return { version: 0, destinationId, sourceId: '', token: '', keyPhase: (first & 4) === 0 ? 0 : 1 };
  }
  const version = reader.u32();
  const destinationId = toHex(reader.copy(reader.u8()));
  const sourceId = toHex(reader.copy(reader.u8()));
  const token = type === PacketType.Initial ? toHex(reader.copy(reader.varint())) : '';
  return { version, destinationId, sourceId, token, keyPhase: 0 };
}

/** A datagram that belongs to no connection: a Retry or Version Negotiation packet, or a stateless reset, which has nothing to read. */
function readStateless(bytes: Uint8Array): CapturedPacket[] {
  if (bytes[0]! < 0x80) return [];
  const reader = new ByteReader(bytes, 1);
  const version = reader.u32();
  const destinationId = toHex(reader.copy(reader.u8()));
  const sourceId = toHex(reader.copy(reader.u8()));
  const isRetry = version !== 0;
  const token = isRetry ? toHex(reader.copy(reader.remaining - TAG_BYTES)) : '';
  const type = isRetry ? PacketType.Retry : PacketType.VersionNegotiation;
  const none = { number: -1, keyPhase: 0 as const, payloadBytes: 0, frames: [] };
  return [{ type, version, destinationId, sourceId, token, ...none }];
}

/** Of every AEAD of QUIC, and the integrity tag of a Retry packet. RFC 9001 §5.3, §5.8 */
const TAG_BYTES = 16;
const FIRST_STREAM = 0x08;
const LAST_STREAM = 0x0f;
const NONE = new Uint8Array(0);
