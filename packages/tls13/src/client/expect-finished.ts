import { equalBytes } from '@tsquic/bytes';
import { groupName } from '@tsquic/crypto';
import { Alert, TlsAlert } from '../alerts.ts';
import { Level } from '../events.ts';
import { Exporter, finishedMac } from '../key-schedule.ts';
import { decodeFinished, encodeFinished } from '../message/finished.ts';
import { type HandshakeMessage, MessageType } from '../message/handshake-message.ts';
import { authenticate } from '../resumption/authentication.ts';
import { expectType, type HandshakeState, MESSAGE_LIMIT } from '../state.ts';
import { sendClientCertificate } from './client-certificate.ts';
import { type ClientProof, Connected } from './connected.ts';
import type { ClientContext } from './context.ts';
import type { CertificateDemand, Negotiation } from './negotiation.ts';
import { shownCertificate } from './shown-certificate.ts';

/** The server must send Finished, which the client's own answers. RFC 8446 §4.4.4 */
export class ExpectFinished implements HandshakeState {
  readonly level: Level = Level.Handshake;
  readonly messageLimit: number = MESSAGE_LIMIT;
  private readonly context: ClientContext;
  private readonly negotiation: Negotiation;
  private readonly demand: CertificateDemand | undefined;
  private readonly peerCertificates: readonly Uint8Array[];

  constructor(
    context: ClientContext,
    negotiation: Negotiation,
    demand: CertificateDemand | undefined,
    peerCertificates: readonly Uint8Array[],
  ) {
    this.context = context;
    this.negotiation = negotiation;
    this.demand = demand;
    this.peerCertificates = peerCertificates;
  }

  onMessage(message: HandshakeMessage): HandshakeState {
    expectType(message, MessageType.Finished);
    const { settings, transcript } = this.context;
    const { suite, serverSecret, schedule } = this.negotiation;
    const verifyData = decodeFinished(message.body, suite.hashLength);
    const expected = finishedMac(settings.crypto, suite.hash, serverSecret, transcript.digest());
    if (!equalBytes(verifyData, expected)) {
      throw new TlsAlert(Alert.DecryptError, "the server's Finished does not fit the handshake");
    }
    transcript.add(message.raw);
    schedule.enterMaster();
    const serverFinishedHash = transcript.digest();
    if (this.demand !== undefined) sendClientCertificate(this.context, this.demand);
    this.sendFinished();
    return this.complete(serverFinishedHash);
  }

  private proof(): ClientProof {
    const { options, settings } = this.context;
    return {
      ...authenticate([this.peerCertificates], options.unixTimeMs()),
      shownCertificate:
        this.demand === undefined ? new Uint8Array(0) : shownCertificate(options, settings.crypto),
    };
  }

  private sendFinished(): void {
    const { settings, output, transcript } = this.context;
    const { suite, clientSecret } = this.negotiation;
    const finished = encodeFinished(
      finishedMac(settings.crypto, suite.hash, clientSecret, transcript.digest()),
    );
    transcript.add(finished);
    output.send(Level.Handshake, finished);
  }

  private complete(serverFinishedHash: Uint8Array): HandshakeState {
    const { options, settings, output, transcript } = this.context;
    const { suite, group, schedule, offer, alpn } = this.negotiation;
    const clientSecret = schedule.applicationTraffic('client', serverFinishedHash);
    const serverSecret = schedule.applicationTraffic('server', serverFinishedHash);
    const exporterMaster = schedule.exporterMaster(serverFinishedHash);
    output.logSecret('CLIENT_TRAFFIC_SECRET_0', offer.random, clientSecret);
    output.logSecret('SERVER_TRAFFIC_SECRET_0', offer.random, serverSecret);
    output.logSecret('EXPORTER_SECRET', offer.random, exporterMaster);
    output.keys(Level.Application, 'write', suite, clientSecret);
    output.keys(Level.Application, 'read', suite, serverSecret);
    output.push({
      type: 'complete',
      alpn,
      serverName: options.serverName,
      cipherSuite: suite.name,
      group: groupName(group),
      resumed: this.negotiation.resumption !== undefined,
      earlyDataAccepted: this.negotiation.earlyDataAccepted,
      peerCertificates: this.peerCertificates,
    });
    const resumptionMaster = schedule.resumptionMaster(transcript.digest());
    const exporter = new Exporter(settings.crypto, suite.hash, exporterMaster);
    const proof = this.negotiation.resumption?.session ?? this.proof();
    return new Connected(this.context, this.negotiation, proof, resumptionMaster, exporter);
  }
}
