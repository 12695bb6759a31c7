import type { Http3Options, Http3Tracer } from '@tsquic/http3';
import type { ConnectionCore } from '../connection-core.ts';

/** A tracer that also watches what goes over connections: that of `@tsquic/qlog` does. */
interface TracerOfBoth {
  http3TracerOf(connection: number, nowUs: () => number): Http3Tracer;
}

/** What watches HTTP/3 on a connection, where the program has named nothing else: what the tracer of QUIC has for it. */
export function sessionTracer(core: ConnectionCore, { tracer }: Http3Options): Pick<Http3Options, 'tracer'> {
  if (tracer !== undefined) return { tracer };
  const { tracer: ofQuic } = core;
  if (!isOfBoth(ofQuic)) return {};
  return { tracer: ofQuic.http3TracerOf(core.handle.id, () => core.nowUs()) };
}

function isOfBoth(tracer: unknown): tracer is TracerOfBoth {
  return typeof (tracer as Partial<TracerOfBoth> | undefined)?.http3TracerOf === 'function';
}
