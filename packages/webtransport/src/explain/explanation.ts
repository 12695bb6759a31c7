import { announcedDialects } from '../dialect/dialect.ts';
import type { SessionEnd } from '../session/session-end.ts';
import type { WebSession } from '../web/web-session.ts';
import { WebTransportError } from '../web/web-transport-error.ts';
import { endText } from './end-text.ts';

/** What is known of a session, for people who look for a fault. */
export interface Explanation {
  readonly state: 'connecting' | 'connected' | 'closed' | 'failed';
  /** One sentence: what was agreed on, or what went wrong. */
  readonly summary: string;
  /** What else is known, and what to change: a sentence each. */
  readonly findings: readonly string[];
}

/** Explain the session of a program. */
export function explainSession(web: WebSession): Explanation {
  return { state: web.state, summary: summaryOf(web), findings: findingsOf(web) };
}

function summaryOf({ state, session, end, failure }: WebSession): string {
  if (end !== undefined) return endText(end);
  if (failure instanceof WebTransportError) return failure.message;
  if (state === 'connecting') return 'the session is not established yet';
  return `the session is established by draft ${session!.dialect}${session!.protocol === undefined ? '' : `, protocol ${session!.protocol}`}`;
}

function findingsOf({ http, session, end }: WebSession): string[] {
  const findings = end === undefined ? [] : adviceFor(end);
  if (http === undefined) return [...findings, 'there was no connection'];
  if (http.engine.hasPeerSettings) {
    const dialects = announcedDialects(http.engine.peerSettings);
    findings.push(
      `the peer announces ${dialects.length === 0 ? 'no draft' : `drafts ${dialects.join(', ')}`}`,
    );
  } else findings.push('the SETTINGS of the peer have not come');
  if (session !== undefined)
    findings.push(`:protocol is ${session.head.protocol}, the path ${session.head.path}`);
  if (!http.engine.connection.takesResetAt)
    findings.push('the peer takes no RESET_STREAM_AT: streams that are reset at once may never be seen');
  return findings;
}

function adviceFor(end: SessionEnd): string[] {
  if (end.kind !== 'rejected') return [];
  const advice = ADVICE.get(end.head.status);
  return advice === undefined ? [] : [advice];
}

const ADVICE: ReadonlyMap<number, string> = new Map([
  [403, 'the server does not allow the origin of the page: see its option `origins`'],
  [404, 'the server has nothing at this path'],
  [405, 'the server has no WebTransport at this path'],
  [425, 'the request came in early data'],
  [429, 'the server has too many sessions of this client'],
  [501, 'the server does not know the protocol'],
]);
