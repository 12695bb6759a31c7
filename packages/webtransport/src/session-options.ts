import { type Dialect, DIALECTS } from './dialect/dialect.ts';

/** Options of the sessions of one connection. */
export interface SessionOptions {
  /**
   * 'browsers' serves every dialect that browsers speak; 'strict' follows the newest draft and forgives nothing. Default:
   * 'browsers'.
   */
  readonly conformance?: 'browsers' | 'strict';
  /** Drafts to speak. Default: all. */
  readonly dialects?: readonly Dialect[];
  /** Sessions of one connection at once, where both ends have flow control; without it there is one. Default: 16. */
  readonly maxSessions?: number;
  /** Bytes of the streams of a session that wait to be read at most, where both ends have flow control. Default: 8 MiB. */
  readonly sessionWindowBytes?: number;
  /** Streams of either kind that the peer may have open in a session, where both ends have flow control. Default: 100. */
  readonly maxSessionStreams?: number;
  /** Streams of a connection that may wait for their session; older ones are rejected. Default: 16. */
  readonly maxWaitingStreams?: number;
}

/** The options with their defaults. */
export type SessionConfig = Required<SessionOptions>;

export function sessionConfigOf(options: SessionOptions): SessionConfig {
  const config = { ...DEFAULTS, ...options };
  return config.conformance === 'strict' ? { ...config, dialects: ['15'] } : config;
}

const DEFAULTS: SessionConfig = {
  conformance: 'browsers',
  dialects: DIALECTS,
  maxSessions: 16,
  sessionWindowBytes: 8 * 1024 * 1024,
  maxSessionStreams: 100,
  maxWaitingStreams: 16,
};
