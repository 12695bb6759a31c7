export { Alert, TlsAlert } from './alerts.ts';
export { checkIdentity } from './certificate/identity.ts';
export { skipCertificateCheck } from './certificate/judgement.ts';
export type {
  CertificateFault,
  CertificateVerifier,
  ChosenServerOptions,
  ClientHelloFacts,
  EarlyDataOffer,
  Identity,
  TicketProtection,
  TlsClientOptions,
  TlsServerOptions,
} from './config.ts';
export { createTlsClient, createTlsServer, type TlsEngine } from './engine.ts';
export { Level, type TlsEvent } from './events.ts';
export { checkServerOptions } from './option-rules.ts';
export { decodeSession, type Session } from './resumption/session.ts';
