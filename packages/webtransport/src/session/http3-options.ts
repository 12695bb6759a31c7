import type { Http3Options } from '@tsquic/http3';
import { dialectSettings } from '../dialect/dialect.ts';
import type { SessionConfig } from '../session-options.ts';
import { ownLimitsOf } from './connection-sessions.ts';
import { BIDIRECTIONAL_SIGNAL, UNIDIRECTIONAL_TYPE } from './stream-header.ts';

/** What the HTTP/3 connection below has to announce and to hand over. */
export function http3OptionsFor(
  config: SessionConfig,
): Required<Pick<Http3Options, 'settings' | 'streamTypes' | 'bidirectionalTypes' | 'datagrams'>> {
  return {
    settings: dialectSettings(config.dialects, ownLimitsOf(config)),
    streamTypes: [UNIDIRECTIONAL_TYPE],
    bidirectionalTypes: [BIDIRECTIONAL_SIGNAL],
    datagrams: true,
  };
}
