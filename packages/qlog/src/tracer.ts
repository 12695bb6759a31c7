import type { Http3Tracer } from '@tsquic/http3';
import type { Tracer } from '@tsquic/quic-core';
import { ConnectionTrace, tupleOf } from './connection-trace.ts';
import {
  connectionClosed,
  endpointInfo,
  packetDropped,
  packetTypeName,
  type EventName,
  type QlogNames,
} from './events.ts';
import { createHttp3Tracer } from './http3-events.ts';
import { type QlogSink, SequenceWriter } from './sequence-writer.ts';

/** The connection whose trace begins. */
export interface QlogConnection {
  readonly isClient: boolean;
  /**
   * Original destination connection ID, hexadecimal: qlog files are usually named
   * `<logId>_<client|server>.sqlog`.
   */
  readonly logId: string;
}

/** Options of `createQlogTracer`. */
export interface QlogOptions {
  /** Makes the sink of one connection; undefined leaves that connection out. */
  readonly open: (connection: QlogConnection) => QlogSink | undefined;
  /** Names of events: 'quic', the default, for those of the drafts; 'qvis' for those of the visualizer. */
  readonly qlogNames?: QlogNames;
  /** Returns the wall clock time when a trace begins, as in RFC 3339. Default: unknown. */
  readonly wallClock?: () => string;
  /** Title of each file. Default 'tsquic'. */
  readonly title?: string;
}

/** A tracer of QUIC that has tracers for HTTP/3 as well. */
export interface QlogTracer extends Required<Tracer> {
  /**
   * A tracer for an HTTP/3 engine over this connection, whose events stand in the same file. Values of credentials are left out.
   *
   * @param nowUs - the clock of the context. Default: events are as late as what the transport told last.
   */
  http3TracerOf(connection: number, nowUs?: () => number): Required<Http3Tracer>;
}

/**
 * A tracer that writes a qlog file for each connection, packet by packet with all frames: about 300 bytes of text for
 * each packet. Datagrams that belong to no connection are not written.
 */
export function createQlogTracer(options: QlogOptions): QlogTracer {
  const names = options.qlogNames ?? 'quic';
  const traces = new Map<number, ConnectionTrace>();
  const event: WriteEvent = (connection, name, data, nowUs, pathId) =>
    traces.get(connection)?.event(name, data, nowUs, pathId);
  return {
    onConnectionStarted(connection, isClient, logId, _version, local, remote, nowUs) {
      const sink = options.open({ isClient, logId });
      if (sink === undefined) return;
      const { wallClock, title = 'tsquic' } = options;
      const head = { title, isClient, logId, wallClockTime: wallClock?.() };
      const trace = new ConnectionTrace(new SequenceWriter(sink), names, head, nowUs);
      traces.set(connection, trace);
      trace.onStarted(local, remote, nowUs);
    },
    onVersions(connection, ours, theirs, chosen, nowUs) {
      traces.get(connection)?.onVersions(ours, theirs, chosen, nowUs);
    },
    onConnectionClosed(connection, reason, nowUs) {
      event(connection, 'quic:connection_closed', connectionClosed(reason), nowUs);
    },
    onConnectionForgotten(connection) {
      traces.get(connection)?.close();
      traces.delete(connection);
    },
    ...packetMethods(traces, event),
    ...keyMethods(event),
    ...stateMethods(traces, event),
    http3TracerOf: (connection, nowUs) =>
      createHttp3Tracer((name, data) => {
        const trace = traces.get(connection);
        trace?.event(name, data, Math.max(nowUs?.() ?? 0, trace.lastUs));
      }),
  };
}

type Traces = ReadonlyMap<number, ConnectionTrace>;
type WriteEvent = (connection: number, name: EventName, data: object, nowUs: number, pathId?: number) => void;

type PacketMethod =
  | 'onDatagramSent'
  | 'onDatagramReceived'
  | 'onPacketSent'
  | 'onPacketReceived'
  | 'onPacketDropped'
  | 'onPacketBuffered'
  | 'onPacketLost';

function packetMethods(traces: Traces, event: WriteEvent): Pick<Required<Tracer>, PacketMethod> {
  return {
    onDatagramSent(connection, bytes, ecn, nowUs) {
      traces.get(connection)?.onDatagram('quic:udp_datagrams_sent', bytes, ecn, nowUs);
    },
    onDatagramReceived(connection, bytes, ecn, nowUs) {
      traces.get(connection)?.onDatagram('quic:udp_datagrams_received', bytes, ecn, nowUs);
    },
    onPacketSent(connection, type, packetNumber, bytes, buffer, at, end, nowUs, pathId) {
      const payload = { buffer, at, end };
      traces.get(connection)?.onPacket('quic:packet_sent', type, packetNumber, bytes, payload, nowUs, pathId);
    },
    onPacketReceived(connection, type, packetNumber, bytes, buffer, at, end, nowUs, pathId) {
      const payload = { buffer, at, end };
      traces
        .get(connection)
        ?.onPacket('quic:packet_received', type, packetNumber, bytes, payload, nowUs, pathId);
    },
    onPacketDropped(connection, drop, bytes, nowUs) {
      event(connection, 'quic:packet_dropped', packetDropped(drop, bytes), nowUs);
    },
    onPacketBuffered(connection, bytes, nowUs) {
      const data = { raw: { length: bytes }, trigger: 'keys_unavailable' };
      event(connection, 'quic:packet_buffered', data, nowUs);
    },
    onPacketLost(connection, type, packetNumber, bytes, isMtuProbe, reordered, nowUs, pathId) {
      const data = {
        header: { packet_type: packetTypeName(type), packet_number: packetNumber },
        raw: { length: bytes },
        is_mtu_probe_packet: isMtuProbe,
        trigger: reordered ? 'reordering_threshold' : 'time_threshold',
      };
      event(connection, 'quic:packet_lost', data, nowUs, pathId);
    },
  };
}

type KeyMethod = 'onKeyUpdated' | 'onKeysDiscarded';

function keyMethods(event: WriteEvent): Pick<Required<Tracer>, KeyMethod> {
  return {
    onKeyUpdated(connection, phase, isRemote, nowUs) {
      const trigger = isRemote ? 'remote_update' : 'local_update';
      for (const key_type of ['client_1rtt_secret', 'server_1rtt_secret']) {
        event(connection, 'quic:key_updated', { key_type, key_phase: phase, trigger }, nowUs);
      }
    },
    onKeysDiscarded(connection, type, nowUs) {
      const level = packetTypeName(type).toLowerCase();
      for (const side of ['client', 'server']) {
        const data = { key_type: `${side}_${level}_secret`, trigger: 'tls' };
        event(connection, 'quic:key_discarded', data, nowUs);
      }
    },
  };
}

type StateMethod = Exclude<
  keyof Tracer,
  | PacketMethod
  | KeyMethod
  | 'onConnectionStarted'
  | 'onVersions'
  | 'onConnectionClosed'
  | 'onConnectionForgotten'
>;

function stateMethods(traces: Traces, event: WriteEvent): Pick<Required<Tracer>, StateMethod> {
  return {
    onParameters(connection, isLocal, parameters, nowUs) {
      traces.get(connection)?.onParameters(isLocal, parameters, nowUs);
    },
    onHandshakeCompleted(connection, alpn, cipherSuite, resumed, earlyDataAccepted, nowUs) {
      event(connection, 'quic:alpn_information', { chosen_alpn: { string_value: alpn } }, nowUs);
      const tls = {
        tls_cipher: cipherSuite.replace(/^TLS_/, ''),
        resumption_allowed: resumed,
        early_data_enabled: earlyDataAccepted,
      };
      event(connection, 'quic:parameters_set', tls, nowUs);
    },
    onTicket(connection, bytes, nowUs) {
      event(connection, 'loglevel:info', { message: `session ticket of ${bytes} bytes` }, nowUs);
    },
    onPathChanged(connection, local, remote, nowUs, pathId) {
      const data = {
        tuple_id: tupleOf(pathId) ?? `${remote.ip} ${remote.port}`,
        tuple_remote: endpointInfo(remote),
        tuple_local: endpointInfo(local),
      };
      event(connection, 'quic:tuple_assigned', data, nowUs);
    },
    onPathState(connection, { pathId, state, code }, nowUs) {
      const message = `path ${pathId} ${state}${state === 'abandoned' ? `, code ${code}` : ''}`;
      event(connection, 'loglevel:info', { message }, nowUs, pathId);
      // Without addresses, the event says that the path is no more.
      if (state !== 'abandoned') return;
      traces.get(connection)?.onPathEnd(pathId);
      event(connection, 'quic:tuple_assigned', { tuple_id: tupleOf(pathId) ?? '' }, nowUs);
    },
    onMtuChanged(connection, mtuBytes, nowUs, pathId) {
      event(connection, 'quic:mtu_updated', { new: mtuBytes }, nowUs, pathId);
    },
    onMetrics(connection, metrics, nowUs, pathId) {
      traces.get(connection)?.onMetrics(metrics, nowUs, pathId);
    },
    onMessage(connection, text, nowUs) {
      event(connection, 'loglevel:info', { message: text }, nowUs);
    },
    onInternalError(connection, error, nowUs) {
      const message = error instanceof Error ? error.message : String(error);
      event(connection, 'loglevel:error', { message }, nowUs);
    },
  };
}
