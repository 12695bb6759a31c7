import { Http3Code, type RequestHead, type ResponseHead, type Settings } from '@tsquic/http3';
import { announcedDialects, type Dialect, protocolOf } from '../dialect/dialect.ts';
import { settingOf, WebTransportSetting } from '../dialect/setting-id.ts';
import { missingEssentials, missingRequirements, peerFactsOf } from '../dialect/requirements.ts';
import type { SessionConfig } from '../session-options.ts';
import { ConnectionSessions } from './connection-sessions.ts';
import { WebTransportCode } from './error-code.ts';
import { chosenProtocol, offerFields } from './protocol-negotiation.ts';
import type { Session, SessionHandlers } from './session.ts';
import { SessionError } from './session-error.ts';
import type { SessionHost } from './session-host.ts';

/** What a client asks for. */
export interface SessionTarget {
  /** Host and port. */
  readonly authority: string;
  /** Path and query. */
  readonly path: string;
  /** Protocols to offer, best first. draft-ietf-webtrans-http3 §3.3 */
  readonly protocols?: readonly string[];
  /** Fields of the request besides, `origin` for one. */
  readonly fields?: RequestHead['fields'];
  readonly handlers?: SessionHandlers;
}

/** Why no session can be asked for now. */
export type NoSession =
  /** Wait for `onSettings`. */
  | 'no-settings'
  /** The server does not offer WebTransport as it must: see `missing`. */
  | 'unsupported'
  /** There is one, and flow control is off. draft-ietf-webtrans-http3 §5.1 */
  | 'too-many'
  /** The connection takes no further request, now or at all. */
  | 'no-stream';

/** The client's side of a connection. draft-ietf-webtrans-http3 §3 */
export class ClientSessions {
  readonly sessions: ConnectionSessions;
  private readonly host: SessionHost;
  private readonly config: SessionConfig;
  private settings: Settings | undefined = undefined;

  constructor(host: SessionHost, config: SessionConfig) {
    this.host = host;
    this.config = config;
    this.sessions = new ConnectionSessions(host, config);
  }

  /** The server's SETTINGS. One that is neither 0 nor 1 ends the connection. draft-ietf-webtrans-http3 §3.1 */
  onSettings(settings: Settings): void {
    if (settingOf(settings, WebTransportSetting.Draft15) > 1)
      return this.host.close(Http3Code.SettingsError, 'SETTINGS_WT_ENABLED is neither 0 nor 1');
    this.settings = settings;
  }

  /** The dialect that sessions are asked for in: the newest that both ends speak; undefined where there is none. */
  get dialect(): Dialect | undefined {
    const { settings, config } = this;
    if (settings === undefined || this.missing.length > 0) return undefined;
    return announcedDialects(settings).find((dialect) => config.dialects.includes(dialect));
  }

  /** What the server does not announce and must, as sentences; none before its SETTINGS have come. */
  get missing(): string[] {
    const { settings, config } = this;
    if (settings === undefined) return [];
    const peer = peerFactsOf(this.host.connection, settings);
    if (config.conformance === 'strict') return missingRequirements(peer, true);
    const common = announcedDialects(settings).find((dialect) => config.dialects.includes(dialect));
    return common === undefined
      ? ['a setting of WebTransport that this client speaks']
      : missingEssentials(common, peer, true);
  }

  /** Ask for a session. */
  connect(target: SessionTarget): Session | NoSession {
    const { settings, dialect, sessions } = this;
    if (settings === undefined) return 'no-settings';
    if (dialect === undefined) return 'unsupported';
    if (sessions.size >= (sessions.hasFlowControl(dialect, settings) ? this.config.maxSessions : 1))
      return 'too-many';
    const { authority, path, protocols = [], fields = [], handlers = {} } = target;
    const head: RequestHead = {
      ...{ method: 'CONNECT', scheme: 'https', authority, path, protocol: protocolOf(dialect) },
      fields: [...draft02Fields(dialect), ...offerFields(protocols), ...fields],
    };
    const session = sessions.create(head, dialect, settings, (response) =>
      protocolOfResponse(response, protocols),
    );
    session.handlers = handlers;
    const connect = this.host.request(head, session);
    if (connect === undefined) return 'no-stream';
    session.begin(connect);
    sessions.add(session);
    return session;
  }
}

/** Draft 02 has the client say the version. */
function draft02Fields(dialect: Dialect): RequestHead['fields'] {
  return dialect === '02' ? [{ name: 'sec-webtransport-http3-draft02', value: '1' }] : [];
}

/**
 * The protocol that a response names; undefined where none was offered, or none is named. Throws for one that was not offered.
 * draft-ietf-webtrans-http3 §3.3
 */
function protocolOfResponse({ fields }: ResponseHead, offered: readonly string[]): string | undefined {
  const chosen = offered.length === 0 ? undefined : chosenProtocol(fields);
  if (chosen === undefined || offered.includes(chosen)) return chosen;
  throw new SessionError(WebTransportCode.AlpnError, 'the server names a protocol that was not offered');
}
