import type { CipherSuite, Group } from '@tsquic/crypto';
import { Alert, TlsAlert } from '../alerts.ts';
import { signCertificateVerify } from '../certificate/verify-signature.ts';
import { Level } from '../events.ts';
import { encodeAlpn } from '../extension/alpn.ts';
import { encodeEarlyData } from '../extension/early-data.ts';
import type { Extension } from '../extension/extension.ts';
import { encodeServerShare, type KeyShareEntry } from '../extension/key-share.ts';
import { encodeSelectedPsk } from '../extension/psk.ts';
import { encodeQuicParameters } from '../extension/quic-parameters.ts';
import { encodeServerNameUsed } from '../extension/server-name.ts';
import { encodeSignatureAlgorithms } from '../extension/signature-algorithms.ts';
import { encodeSelectedVersion } from '../extension/versions.ts';
import { finishedMac, KeySchedule } from '../key-schedule.ts';
import { encodeCertificate } from '../message/certificate.ts';
import { encodeCertificateRequest } from '../message/certificate-request.ts';
import { encodeEncryptedExtensions } from '../message/encrypted-extensions.ts';
import { encodeFinished } from '../message/finished.ts';
import { encodeServerHello } from '../message/server-hello.ts';
import { type Authentication, authenticate } from '../resumption/authentication.ts';
import type { HandshakeState } from '../state.ts';
import type { ClientOffer } from './client-offer.ts';
import type { ServerContext } from './context.ts';
import { acceptsEarlyData, installEarlyKeys } from './early-data.ts';
import { ExpectCertificate } from './expect-certificate.ts';
import { ExpectFinished } from './expect-finished.ts';
import { chooseCredentials, type Credentials } from './negotiate.ts';
import { certificateMark, type ResumedSession } from './resume.ts';

/** What was chosen from the ClientHello. */
export interface HelloChoice {
  readonly offer: ClientOffer;
  readonly alpn: string;
  readonly suite: CipherSuite;
  readonly group: Group;
  readonly share: KeyShareEntry;
  readonly resumed: ResumedSession | undefined;
  readonly isRetried: boolean;
}

/** What was chosen in the whole flight, for the states after it. */
export interface Negotiation extends HelloChoice {
  /** The proof of the handshake with certificates, which is this one or the one that is resumed. */
  readonly authentication: Authentication;
  /** Identifies the server's certificate, of this handshake or the one that is resumed. */
  readonly certificate: Uint8Array;
  readonly earlyDataAccepted: boolean;
  /** The key schedule, in its master stage. */
  readonly schedule: KeySchedule;
  readonly clientHandshakeSecret: Uint8Array;
  readonly clientApplicationSecret: Uint8Array;
  readonly exporterMaster: Uint8Array;
}

/**
 * Answer a ClientHello with the whole server flight, RFC 8446 §4.1.3 to §4.4.4. The 1-RTT write keys are
 * emitted at once; the read keys wait for the client's Finished (RFC 9001 §5.7).
 */
export function answerHello(context: ServerContext, asked: HelloChoice): HandshakeState {
  const { options, settings, output, transcript } = context;
  const { offer, alpn, suite } = asked;
  const choice = choiceFor(asked);
  const { resumed } = choice;
  const credentials = resumed === undefined ? chooseCredentials(options, offer) : undefined;
  output.push({ type: 'transport-parameters', bytes: offer.transportParameters });
  const parameters = options.transportParameters(offer.transportParameters);

  const earlyDataAccepted = acceptsEarlyData(context, choice);
  if (earlyDataAccepted) installEarlyKeys(context, choice);
  const schedule = new KeySchedule(settings.crypto, suite.hash, resumed?.state.psk);
  schedule.enterHandshake(sendServerHello(context, choice));
  if (offer.earlyData) {
    const { serverName } = offer;
    output.push({ type: 'early-data', accepted: earlyDataAccepted, alpn, serverName });
  }
  const helloHash = transcript.digest();
  const clientHandshakeSecret = schedule.handshakeTraffic('client', helloHash);
  const serverSecret = schedule.handshakeTraffic('server', helloHash);
  output.logSecret('CLIENT_HANDSHAKE_TRAFFIC_SECRET', offer.random, clientHandshakeSecret);
  output.logSecret('SERVER_HANDSHAKE_TRAFFIC_SECRET', offer.random, serverSecret);
  output.keys(Level.Handshake, 'read', suite, clientHandshakeSecret);
  output.keys(Level.Handshake, 'write', suite, serverSecret);

  // server_name is acknowledged when the name chose the certificate, and not when a session is resumed.
  // RFC 6066 §3
  const usesServerName = credentials !== undefined && offer.serverName !== '';
  sendEncryptedExtensions(context, alpn, usesServerName, parameters, earlyDataAccepted);
  const asksCertificate = credentials !== undefined && (options.clientCertificate ?? 'none') !== 'none';
  if (asksCertificate) sendCertificateRequest(context);
  if (credentials !== undefined) sendCredentials(context, credentials);
  send(context, encodeFinished(finishedMac(settings.crypto, suite.hash, serverSecret, transcript.digest())));

  schedule.enterMaster();
  const negotiation: Negotiation = {
    ...choice,
    certificate:
      credentials === undefined
        ? resumed!.state.certificate
        : certificateMark(credentials.identity, settings.crypto),
    authentication: resumed?.state ?? authenticateNow(context, credentials),
    earlyDataAccepted,
    schedule,
    clientHandshakeSecret,
    ...enterApplication(context, choice, schedule),
  };
  return asksCertificate
    ? new ExpectCertificate(context, negotiation)
    : new ExpectFinished(context, negotiation, resumed?.state.peerCertificates);
}

/** A session resumes only with its protocol; with another one a full handshake is made. */
function choiceFor(asked: HelloChoice): HelloChoice {
  return asked.resumed?.state.alpn === asked.alpn ? asked : { ...asked, resumed: undefined };
}

function authenticateNow({ options }: ServerContext, credentials: Credentials | undefined): Authentication {
  return authenticate([credentials?.identity.chain ?? []], options.unixTimeMs());
}

/** Queue the ServerHello; returns the shared secret. */
function sendServerHello({ settings, output, transcript }: ServerContext, choice: HelloChoice): Uint8Array {
  const { suite, group, share, resumed } = choice;
  const answer = settings.crypto.answerKeyShare(group, share.keyExchange);
  if (answer === undefined) {
    throw new TlsAlert(Alert.IllegalParameter, "the client's key share is not a valid public key");
  }
  const random = new Uint8Array(32);
  settings.crypto.random(random);
  const extensions = [encodeSelectedVersion(), encodeServerShare({ group, keyExchange: answer.publicKey })];
  if (resumed !== undefined) extensions.push(encodeSelectedPsk(resumed.index));
  const hello = encodeServerHello({
    random,
    legacySessionIdEcho: new Uint8Array(0),
    cipherSuite: suite.id,
    extensions,
  });
  transcript.add(hello);
  transcript.start(suite.hash);
  output.send(Level.Initial, hello);
  return answer.secret;
}

function sendEncryptedExtensions(
  context: ServerContext,
  alpn: string,
  usesServerName: boolean,
  parameters: Uint8Array,
  earlyDataAccepted: boolean,
): void {
  const extensions: Extension[] = [encodeAlpn([alpn]), encodeQuicParameters(parameters)];
  if (usesServerName) extensions.push(encodeServerNameUsed());
  if (earlyDataAccepted) extensions.push(encodeEarlyData());
  send(context, encodeEncryptedExtensions(extensions));
}

function sendCertificateRequest(context: ServerContext): void {
  const extensions = [encodeSignatureAlgorithms(context.settings.signatureSchemes)];
  send(context, encodeCertificateRequest({ context: new Uint8Array(0), extensions }));
}

function sendCredentials(context: ServerContext, { identity, scheme }: Credentials): void {
  send(context, encodeCertificate(identity.chain, new Uint8Array(0)));
  send(context, signCertificateVerify('server', identity, scheme, context.transcript.digest()));
}

function enterApplication(
  { output, transcript }: ServerContext,
  { offer, suite }: HelloChoice,
  schedule: KeySchedule,
): Pick<Negotiation, 'clientApplicationSecret' | 'exporterMaster'> {
  const finishedHash = transcript.digest();
  const clientApplicationSecret = schedule.applicationTraffic('client', finishedHash);
  const serverSecret = schedule.applicationTraffic('server', finishedHash);
  const exporterMaster = schedule.exporterMaster(finishedHash);
  output.logSecret('CLIENT_TRAFFIC_SECRET_0', offer.random, clientApplicationSecret);
  output.logSecret('SERVER_TRAFFIC_SECRET_0', offer.random, serverSecret);
  output.logSecret('EXPORTER_SECRET', offer.random, exporterMaster);
  output.keys(Level.Application, 'write', suite, serverSecret);
  return { clientApplicationSecret, exporterMaster };
}

function send({ output, transcript }: ServerContext, message: Uint8Array): void {
  transcript.add(message);
  output.send(Level.Handshake, message);
}
