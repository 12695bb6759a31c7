import { decodeFrames, type QuicConnection, sameAddress, type Tracer } from '@tsquic/quic-core';
import type { Violation } from '../invariants.ts';
import type { Observer } from '../observer.ts';

/** Watches the frames of one context's packets, and the paths that they leave by. */
export interface PathUseWatch {
  /** For the options of the watched context. */
  readonly tracer: Pick<Tracer, 'onPacketSent'>;
  readonly observer: Observer;
  /** Non-probing frames that left by a path that is not in use. */
  readonly violations: readonly Violation[];
}

/**
 * Checks that a path that is not in use carries probing frames only: a non-probing frame would tell the peer that the
 * connection has migrated. RFC 9000 §9.1
 *
 * @param name - of the host.
 */
export function createPathUseWatch(name: string): PathUseWatch {
  const violations: Violation[] = [];
  let other: string | undefined;
  return {
    violations,
    tracer: {
      onPacketSent(_connection, _type, _number, _bytes, buffer, payloadAt, payloadEnd) {
        for (const { type } of decodeFrames(buffer, payloadAt, payloadEnd)) {
          if (PROBING.has(type)) continue;
          other ??= type;
          return;
        }
      },
    },
    observer: {
      onBeforePrepare(host) {
        if (host.name === name) other = undefined;
      },
      onAfterPrepare(host, out, length, nowUs) {
        if (length === 0 || other === undefined || host.name !== name) return;
        const connection = host.context.connection(out.connection);
        // CONNECTION_CLOSE may leave by several paths.
        if (connection === undefined || connection.closeReason !== undefined) return;
        if (isInUse(connection, out) || violations.length === MOST_VIOLATIONS) return;
        const { from, to } = out;
        const what = `${name} sends ${other} from ${from.ip}:${from.port} to ${to.ip}:${to.port}, a path not in use`;
        violations.push({ atUs: nowUs, host: name, what });
      },
    },
  };
}

function isInUse(connection: QuicConnection, { from, to }: Route): boolean {
  // Each path ID of multipath has a path in use.
  return connection.pathStatistics().some(({ active, local, remote }, index) => {
    // A client does not know its own address before something comes.
    const isFromHere = from.port === 0 || local.port === 0 || sameAddress(from, local);
    return (active || index === 0) && isFromHere && sameAddress(to, remote);
  });
}

type Route = Pick<Parameters<NonNullable<Observer['onAfterPrepare']>>[1], 'from' | 'to'>;

/** RFC 9000 §9.1; names of `FrameRecord`. */
const PROBING: ReadonlySet<string> = new Set([
  'path_challenge',
  'path_response',
  'new_connection_id',
  'padding',
]);
const MOST_VIOLATIONS = 5;
