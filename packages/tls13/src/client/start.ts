import { Level } from '../events.ts';
import { KeySchedule } from '../key-schedule.ts';
import type { HandshakeState } from '../state.ts';
import type { ClientContext } from './context.ts';
import { ExpectServerHello } from './expect-server-hello.ts';
import { createOffer, encodeOffer, type Offer } from './offer.ts';

/** Queue the first ClientHello, and the keys of 0-RTT when it is offered. */
export function startClient(context: ClientContext): HandshakeState {
  const offer = createOffer(context);
  const { bytes, offeredTypes } = encodeOffer(context, offer);
  context.transcript.add(bytes);
  context.output.send(Level.Initial, bytes);
  if (offer.earlyData) offerEarlyKeys(context, offer);
  return new ExpectServerHello(context, offer, offeredTypes, undefined);
}

function offerEarlyKeys({ settings, output, transcript }: ClientContext, offer: Offer): void {
  if (offer.resumption === undefined) return;
  const { session, suite } = offer.resumption;
  const schedule = new KeySchedule(settings.crypto, suite.hash, session.psk);
  const secret = schedule.earlyTraffic(transcript.hashWith(suite.hash));
  output.logSecret('CLIENT_EARLY_TRAFFIC_SECRET', offer.random, secret);
  output.keys(Level.EarlyData, 'write', suite, secret);
}
