import { Alert, TlsAlert } from '../alerts.ts';
import { Level } from '../events.ts';
import { ExtensionType, findExtension } from '../extension/extension.ts';
import { decodeClientHello } from '../message/client-hello.ts';
import { type HandshakeMessage, MessageType } from '../message/handshake-message.ts';
import { CLIENT_HELLO_LIMIT, expectType, type HandshakeState } from '../state.ts';
import { type ClientOffer, readOffer } from './client-offer.ts';
import type { ServerContext } from './context.ts';
import { answerHello } from './flight.ts';
import { checkSecondHello, type RetryRequest, sendRetryRequest } from './hello-retry.ts';
import { chooseAlpn, chooseGroup, chooseOptions, chooseSuite, type GroupChoice } from './negotiate.ts';
import { resumeSession } from './resume.ts';

/** The first state of a server, also after a HelloRetryRequest. RFC 8446 §4.1.2 */
export class ExpectClientHello implements HandshakeState {
  readonly level: Level = Level.Initial;
  readonly messageLimit: number = CLIENT_HELLO_LIMIT;
  private readonly context: ServerContext;
  private readonly retry: RetryRequest | undefined;

  constructor(context: ServerContext, retry: RetryRequest | undefined) {
    this.context = context;
    this.retry = retry;
  }

  onMessage(message: HandshakeMessage): HandshakeState {
    expectType(message, MessageType.ClientHello);
    const { retry } = this;
    let { context } = this;
    const hello = decodeClientHello(message.body);
    // A server that sends no cookie accepts none. RFC 8446 §4.2.2
    if (findExtension(hello.extensions, ExtensionType.Cookie) !== undefined) {
      throw new TlsAlert(Alert.IllegalParameter, 'the client has a cookie that nobody gave it');
    }
    const offer = readOffer(hello);
    if (retry !== undefined) checkSecondHello(retry, hello);
    else context.options.onClientParameters?.(offer.transportParameters);
    // The second ClientHello names the same, so the choice of the first holds.
    const alpn = retry?.alpn ?? chooseAlpn(context.options, offer);
    if (retry === undefined) context = chooseOptions(context, offer, alpn);
    const suite = chooseSuite(context.settings, offer);
    const { group, share } = this.chooseGroup(offer);
    const resumed = resumeSession(context, offer, suite, message.raw);
    context.transcript.add(message.raw);
    if (share === undefined) {
      sendRetryRequest(context, suite, group);
      return new ExpectClientHello(context, { hello, suite, group, alpn });
    }
    return answerHello(context, {
      offer,
      alpn,
      suite,
      group,
      share,
      resumed,
      isRetried: retry !== undefined,
    });
  }

  private chooseGroup(offer: ClientOffer): GroupChoice {
    if (this.retry === undefined) return chooseGroup(this.context.settings, offer);
    const { group } = this.retry;
    const share = offer.shares[0];
    if (share === undefined || share.group !== group || offer.shares.length > 1) {
      throw new TlsAlert(
        Alert.IllegalParameter,
        `the second ClientHello has no key share of group ${group} alone`,
      );
    }
    return { group, share };
  }
}
