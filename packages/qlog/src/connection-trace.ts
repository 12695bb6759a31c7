import {
  type Address,
  decodeFrames,
  type PacketType,
  type RecoveryMetrics,
  type TransportParameters,
} from '@tsquic/quic-core';
import {
  ECN_NAMES,
  endpointInfo,
  eventName,
  type EventName,
  packetTypeName,
  parametersSet,
  recoveryMetrics,
  versionInformation,
  type QlogNames,
} from './events.ts';
import { qlogFrame } from './frames.ts';
import type { SequenceWriter } from './sequence-writer.ts';

/** The contents of a trace's first record. */
export interface TraceHead {
  readonly title: string;
  readonly isClient: boolean;
  readonly logId: string;
  /** Wall clock time as in RFC 3339; undefined when it is not known. */
  readonly wallClockTime: string | undefined;
}

/** The qlog file of one connection. Event times are milliseconds since it began. */
export class ConnectionTrace {
  private readonly writer: SequenceWriter;
  private readonly names: QlogNames;
  private readonly isClient: boolean;
  private readonly startedUs: number;
  /** When the last event was. */
  lastUs: number;
  private localExponent = DEFAULT_ACK_DELAY_EXPONENT;
  private peerExponent = DEFAULT_ACK_DELAY_EXPONENT;
  /** What was written of each path last. */
  private readonly told = new Map<number, Told>();
  private readonly ecns: Map<EventName, number> = new Map();

  constructor(writer: SequenceWriter, names: QlogNames, head: TraceHead, startedUs: number) {
    this.writer = writer;
    this.names = names;
    this.isClient = head.isClient;
    this.startedUs = startedUs;
    this.lastUs = startedUs;
    writer.write(header(head, names));
  }

  event(name: EventName, data: object, nowUs: number, pathId = 0): void {
    this.lastUs = nowUs;
    const time = (nowUs - this.startedUs) / 1000;
    const tuple = tupleOf(pathId);
    const where = tuple === undefined ? {} : { tuple };
    this.writer.write({ time, name: eventName(name, this.names), ...where, data });
  }

  onStarted(local: Address, remote: Address, nowUs: number): void {
    const qvis = { src_ip: local.ip, dst_ip: remote.ip, src_port: local.port, dst_port: remote.port };
    const ends = { local: endpointInfo(local), remote: endpointInfo(remote) };
    this.event('quic:connection_started', this.names === 'qvis' ? { ...qvis, ...ends } : ends, nowUs);
  }

  /** The first event has the version of the client's first flight, the last one the version negotiated. */
  onVersions(ours: readonly number[], theirs: readonly number[], chosen: number, nowUs: number): void {
    const [client, server] = this.isClient ? [ours, theirs] : [theirs, ours];
    this.event('quic:version_information', versionInformation(client, server, chosen), nowUs);
  }

  /** Record a datagram; the codepoint is written when it differs from that of the datagram before. */
  onDatagram(
    name: 'quic:udp_datagrams_sent' | 'quic:udp_datagrams_received',
    bytes: number,
    ecn: number,
    nowUs: number,
  ): void {
    const marks = this.ecns.get(name) === ecn ? {} : { ecn: [ECN_NAMES[ecn] ?? 'Not-ECT'] };
    this.ecns.set(name, ecn);
    this.event(name, { count: 1, raw: [{ length: bytes }], ...marks }, nowUs);
  }

  onPacket(
    name: 'quic:packet_sent' | 'quic:packet_received',
    type: PacketType,
    packetNumber: number,
    length: number,
    payload: { readonly buffer: Uint8Array; readonly at: number; readonly end: number },
    nowUs: number,
    pathId: number,
  ): void {
    const exponent = name === 'quic:packet_sent' ? this.localExponent : this.peerExponent;
    const { buffer, at, end } = payload;
    const frames = decodeFrames(buffer, at, end).map((frame) => qlogFrame(frame, exponent, this.names));
    const header = { packet_type: packetTypeName(type), packet_number: packetNumber };
    this.event(name, { header, frames, raw: { length, payload_length: end - at } }, nowUs, pathId);
  }

  onParameters(isLocal: boolean, parameters: TransportParameters, nowUs: number): void {
    if (isLocal) this.localExponent = parameters.ackDelayExponent;
    else this.peerExponent = parameters.ackDelayExponent;
    const data = parametersSet(parameters, isLocal);
    const owner = isLocal ? 'local' : 'remote';
    this.event('quic:parameters_set', this.names === 'qvis' ? { owner, ...data } : data, nowUs);
  }

  /** Write the metrics of a path that changed since the last time. */
  onMetrics(metrics: RecoveryMetrics, nowUs: number, pathId: number): void {
    const { last = {}, state: lastState } = this.told.get(pathId) ?? {};
    const all = recoveryMetrics(metrics);
    const news = Object.fromEntries(Object.entries(all).filter(([key, value]) => last[key] !== value));
    const state = metrics.inSlowStart ? 'slow_start' : 'congestion_avoidance';
    this.told.set(pathId, { last: all, state });
    if (Object.keys(news).length > 0) this.event('quic:recovery_metrics_updated', news, nowUs, pathId);
    if (state === lastState) return;
    const old = lastState === undefined ? {} : { old: lastState };
    this.event('quic:congestion_state_updated', { ...old, new: state }, nowUs, pathId);
  }

  /** A path is over. */
  onPathEnd(pathId: number): void {
    this.told.delete(pathId);
  }

  close(): void {
    this.writer.close();
  }
}

/** The tuple of a later path ID, by which events name it; undefined for path 0, which is the default. */
export function tupleOf(pathId: number): string | undefined {
  return pathId === 0 ? undefined : `path ${pathId}`;
}

/** What was written of a path. */
interface Told {
  readonly last: Record<string, number>;
  readonly state: string;
}

/** The first record: the fields of the drafts and, for qvis, the ones by which it recognises the file. */
function header({ title, isClient, logId, wallClockTime }: TraceHead, names: QlogNames): object {
  const wall = wallClockTime === undefined ? {} : { wall_clock_time: wallClockTime };
  return {
    ...(names === 'qvis' ? { qlog_version: '0.3', qlog_format: 'JSON-SEQ' } : {}),
    file_schema: 'urn:ietf:params:qlog:file:sequential',
    serialization_format: 'application/qlog+json-seq',
    title,
    trace: {
      event_schemas: ['quic-13', 'http3-13', 'loglevel-14'].map(
        (schema) => `urn:ietf:params:qlog:events:${schema}`,
      ),
      vantage_point: { name: 'tsquic', type: isClient ? 'client' : 'server' },
      common_fields: {
        group_id: logId,
        ODCID: logId,
        time_format: 'relative_to_epoch',
        reference_time: { clock_type: 'monotonic', epoch: 'unknown', ...wall },
      },
    },
  };
}

/** The default ack_delay_exponent. RFC 9000 §18.2 */
const DEFAULT_ACK_DELAY_EXPONENT = 3;
