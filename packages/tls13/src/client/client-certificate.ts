import { chooseScheme, signCertificateVerify } from '../certificate/verify-signature.ts';
import { Level } from '../events.ts';
import { encodeCertificate } from '../message/certificate.ts';
import type { ClientContext } from './context.ts';
import type { CertificateDemand } from './negotiation.ts';

/**
 * Answer a CertificateRequest with the client's chain and its proof, or with an empty Certificate when the
 * client has none that the server can check (RFC 8446 §4.4.2).
 */
export function sendClientCertificate(context: ClientContext, demand: CertificateDemand): void {
  const { identity } = context.options;
  const scheme = identity === undefined ? undefined : chooseScheme(identity, demand.signatureSchemes);
  const usable = identity !== undefined && scheme !== undefined;
  send(context, encodeCertificate(usable ? identity.chain : [], new Uint8Array(0)));
  if (usable) send(context, signCertificateVerify('client', identity, scheme, context.transcript.digest()));
}

function send({ output, transcript }: ClientContext, message: Uint8Array): void {
  transcript.add(message);
  output.send(Level.Handshake, message);
}
