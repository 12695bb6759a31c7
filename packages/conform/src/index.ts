export { ROWS, rowsFor } from './catalogue.ts';
export type { Finding, Row, Subject, Verdict } from './row.ts';
export type { LoggedPacket } from './packet-log.ts';
export type { OutgoingBytes } from './scene.ts';
export type { Setting } from './setting.ts';
export { Trial } from './trial.ts';
