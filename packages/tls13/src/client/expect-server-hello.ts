import type { CipherSuite, Group } from '@tsquic/crypto';
import { Alert, TlsAlert } from '../alerts.ts';
import { Level } from '../events.ts';
import { ExtensionType, findExtension } from '../extension/extension.ts';
import { decodeServerShare } from '../extension/key-share.ts';
import { checkPlacement } from '../extension/placement.ts';
import { decodeSelectedPsk } from '../extension/psk.ts';
import { decodeSelectedVersion, TLS12, TLS13 } from '../extension/versions.ts';
import { KeySchedule } from '../key-schedule.ts';
import { type HandshakeMessage, MessageType } from '../message/handshake-message.ts';
import { decodeServerHello, isHelloRetryRequest, type ServerHello } from '../message/server-hello.ts';
import { expectType, type HandshakeState, MESSAGE_LIMIT, unexpectedMessage } from '../state.ts';
import type { ClientContext } from './context.ts';
import { ExpectEncryptedExtensions } from './expect-encrypted-extensions.ts';
import { type Retry, retryOffer, sendRetryOffer } from './hello-retry.ts';
import { earlyVerdict, type Offer, type Resumption } from './offer.ts';

/** The ClientHello was sent; a ServerHello or one HelloRetryRequest must answer it. RFC 8446 §4.1.3 */
export class ExpectServerHello implements HandshakeState {
  readonly level: Level = Level.Initial;
  readonly messageLimit: number = MESSAGE_LIMIT;
  private readonly context: ClientContext;
  private readonly offer: Offer;
  private readonly offeredTypes: readonly number[];
  private readonly retry: Retry | undefined;

  constructor(
    context: ClientContext,
    offer: Offer,
    offeredTypes: readonly number[],
    retry: Retry | undefined,
  ) {
    this.context = context;
    this.offer = offer;
    this.offeredTypes = offeredTypes;
    this.retry = retry;
  }

  onMessage(message: HandshakeMessage): HandshakeState {
    expectType(message, MessageType.ServerHello);
    const hello = decodeServerHello(message.body);
    const suite = this.checkHello(hello);
    if (!isHelloRetryRequest(hello)) return this.onServerHello(message, hello, suite);
    if (this.retry !== undefined) throw unexpectedMessage(message, 'ServerHello after a HelloRetryRequest');
    return this.onRetryRequest(message, hello, suite);
  }

  private onRetryRequest(message: HandshakeMessage, hello: ServerHello, suite: CipherSuite): HandshakeState {
    // A cookie is the only extension that may come without being offered.
    checkPlacement('HelloRetryRequest', hello.extensions, [...this.offeredTypes, ExtensionType.Cookie]);
    const offer = retryOffer(this.context, this.offer, suite, hello.extensions);
    if (this.offer.earlyData) this.context.output.push(earlyVerdict(this.offer, false));
    const { offeredTypes } = sendRetryOffer(this.context, offer, suite, message.raw);
    return new ExpectServerHello(this.context, offer, offeredTypes, { suite });
  }

  private onServerHello(message: HandshakeMessage, hello: ServerHello, suite: CipherSuite): HandshakeState {
    const { settings, output, transcript } = this.context;
    checkPlacement('ServerHello', hello.extensions, this.offeredTypes);
    if (this.retry !== undefined && this.retry.suite !== suite) {
      throw illegal('the server changed the cipher suite after its HelloRetryRequest');
    }
    const resumption = this.acceptedResumption(hello, suite);
    const schedule = new KeySchedule(settings.crypto, suite.hash, resumption?.session.psk);
    const { group, secret } = this.agree(hello);
    schedule.enterHandshake(secret);
    transcript.add(message.raw);
    transcript.start(suite.hash);

    const helloHash = transcript.digest();
    const clientSecret = schedule.handshakeTraffic('client', helloHash);
    const serverSecret = schedule.handshakeTraffic('server', helloHash);
    const { random } = this.offer;
    output.logSecret('CLIENT_HANDSHAKE_TRAFFIC_SECRET', random, clientSecret);
    output.logSecret('SERVER_HANDSHAKE_TRAFFIC_SECRET', random, serverSecret);
    output.keys(Level.Handshake, 'read', suite, serverSecret);
    output.keys(Level.Handshake, 'write', suite, clientSecret);
    return new ExpectEncryptedExtensions(this.context, {
      offer: this.offer,
      offeredTypes: this.offeredTypes,
      suite,
      group,
      schedule,
      resumption,
      clientSecret,
      serverSecret,
    });
  }

  /** The checks that ServerHello and HelloRetryRequest share; returns the chosen suite. */
  private checkHello(hello: ServerHello): CipherSuite {
    const version = findExtension(hello.extensions, ExtensionType.SupportedVersions);
    if (version === undefined) throw new TlsAlert(Alert.ProtocolVersion, 'the server does not speak TLS 1.3');
    if (decodeSelectedVersion(version) !== TLS13 || hello.legacyVersion !== TLS12) {
      throw illegal('the server chose a version that was not offered');
    }
    if (hello.legacySessionIdEcho.length > 0)
      throw illegal('the server echoes a session ID that was not sent');
    if (hello.compressionMethod !== 0) throw illegal('the server chose compression');
    const suite = this.context.settings.suites.find((own) => own.id === hello.cipherSuite);
    if (suite === undefined)
      throw illegal(`the server chose cipher suite ${hello.cipherSuite}, which was not offered`);
    return suite;
  }

  /** The group that the server chose, and the secret shared with it. */
  private agree(hello: ServerHello): { readonly group: Group; readonly secret: Uint8Array } {
    const data = findExtension(hello.extensions, ExtensionType.KeyShare);
    if (data === undefined) throw new TlsAlert(Alert.MissingExtension, 'ServerHello has no key_share');
    const entry = decodeServerShare(data);
    const share = this.offer.shares.find((own) => own.group === entry.group);
    if (share === undefined)
      throw illegal(`the server chose group ${entry.group}, for which no share was sent`);
    const secret = share.deriveSecret(entry.keyExchange);
    if (secret === undefined) throw illegal("the server's key share is not a valid public key");
    return { group: share.group, secret };
  }

  private acceptedResumption(hello: ServerHello, suite: CipherSuite): Resumption | undefined {
    const data = findExtension(hello.extensions, ExtensionType.PreSharedKey);
    if (data === undefined) return undefined;
    const { resumption } = this.offer;
    if (decodeSelectedPsk(data) !== 0) throw illegal('the server chose a session that was not offered');
    if (resumption === undefined || resumption.suite.hash !== suite.hash) {
      throw illegal('the server resumes a session with a suite of another hash');
    }
    return resumption;
  }
}

function illegal(message: string): TlsAlert {
  return new TlsAlert(Alert.IllegalParameter, message);
}
