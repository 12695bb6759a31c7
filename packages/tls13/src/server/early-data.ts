import { equalBytes } from '@tsquic/bytes';
import type { TlsServerOptions } from '../config.ts';
import { Level } from '../events.ts';
import { KeySchedule } from '../key-schedule.ts';
import type { ServerContext } from './context.ts';
import type { HelloChoice } from './flight.ts';
import { AGE_TOLERANCE_MS, type ResumedSession } from './resume.ts';

/** Whether 0-RTT is accepted. RFC 8446 §4.2.10, RFC 9001 §4.6.2 */
export function acceptsEarlyData({ options }: ServerContext, choice: HelloChoice): boolean {
  const { offer, alpn, suite, resumed, isRetried } = choice;
  if (!offer.earlyData || isRetried || options.earlyData !== true || resumed === undefined) return false;
  const { state } = resumed;
  return (
    resumed.index === 0 &&
    resumed.isFresh &&
    state.earlyData &&
    state.suite === suite.id &&
    state.alpn === alpn &&
    isJudgedGood(options, resumed)
  );
}

function isJudgedGood(options: TlsServerOptions, { ticket, state, sentAtMs }: ResumedSession): boolean {
  const { judgeEarlyData, earlyDataContext = new Uint8Array(0) } = options;
  const { earlyDataContext: context, issuedAtMs } = state;
  if (judgeEarlyData === undefined) return equalBytes(context, earlyDataContext);
  return judgeEarlyData({
    ticket,
    context,
    issuedAtMs,
    sentAtMs,
    expiresAtMs: sentAtMs + AGE_TOLERANCE_MS,
  });
}

/** Emit the read keys of 0-RTT packets; only the ClientHello is in the transcript. */
export function installEarlyKeys({ settings, output, transcript }: ServerContext, choice: HelloChoice): void {
  const { offer, suite, resumed } = choice;
  const schedule = new KeySchedule(settings.crypto, suite.hash, resumed?.state.psk);
  const secret = schedule.earlyTraffic(transcript.hashWith(suite.hash));
  output.logSecret('CLIENT_EARLY_TRAFFIC_SECRET', offer.random, secret);
  output.keys(Level.EarlyData, 'read', suite, secret);
}
