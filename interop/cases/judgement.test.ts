import { describe, expect, test } from '@jest/globals';
import { UNKNOWN_VERSION } from '../wire/version-probe.ts';
import type { Evidence } from './case.ts';
import { CASES } from './catalogue.ts';

const wire: NonNullable<Evidence['wire']> = {
  clientVersions: [1],
  serverVersions: [1],
  versionNegotiations: [],
  retries: 0,
  handshakes: 1,
  offeredSuites: [0x1301, 0x1303],
  chosenSuite: 0x1301,
  clientIdBytes: 8,
  serverIdBytes: 8,
  clientShortHeaders: 1,
  serverShortHeaders: 1,
};

const good: Evidence = {
  clientSucceeded: true,
  clientFault: '',
  abandonedVersion: false,
  fileFaults: [],
  updated: undefined,
  wire,
};

const negotiated = { ...wire, clientVersions: [UNKNOWN_VERSION, 1], versionNegotiations: [[1]] };
const chacha20 = { ...wire, offeredSuites: [0x1303], chosenSuite: 0x1303 };
const failed = { ...good, clientSucceeded: false, clientFault: 'exit code 1' };

function judge(name: string, evidence: Evidence): number {
  const found = CASES.find((testCase) => testCase.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return found.judge(evidence).length;
}

describe('which evidence passes a case', () => {
  test.each<readonly [string, Evidence]>([
    ['handshake', good],
    ['transfer', { ...good, wire: undefined }],
    ['multiplexing', good],
    ['chacha20', { ...good, wire: chacha20 }],
    ['versionnegotiation', { ...good, wire: negotiated }],
    ['versionnegotiation', { ...failed, abandonedVersion: true, wire: negotiated }],
    ['ipv6', good],
    ['retry', { ...good, wire: { ...wire, retries: 1 } }],
    ['keyupdate', { ...good, updated: { client: 1, server: 1 } }],
  ])('%s %#', (name, evidence) => {
    expect(judge(name, evidence)).toBe(0);
  });

  test.each<readonly [string, string, Evidence]>([
    ['handshake', 'a file that differs', { ...good, fileFaults: ['small.bin differs'] }],
    ['handshake', 'a client that failed', failed],
    ['handshake', 'nothing on the wire', { ...good, wire: { ...wire, handshakes: 0 } }],
    ['transfer', 'a short file', { ...good, fileFaults: ['2m.bin has 1 of 2097152 bytes'] }],
    ['multiplexing', 'two connections', { ...good, wire: { ...wire, handshakes: 2 } }],
    [
      'chacha20',
      'more than one suite offered',
      { ...good, wire: { ...chacha20, offeredSuites: [0x1301, 0x1303] } },
    ],
    ['chacha20', 'another suite chosen', { ...good, wire: { ...chacha20, chosenSuite: 0x1301 } }],
    ['versionnegotiation', 'a client that began with version 1', { ...good, wire }],
    ['versionnegotiation', 'a client that just failed', { ...failed, wire: negotiated }],
    ['retry', 'no Retry', good],
    ['keyupdate', 'a server that keeps its keys', { ...good, updated: { client: 9, server: 0 } }],
    ['keyupdate', 'want of a key log', good],
  ])('%s fails for %s', (name, _what, evidence) => {
    expect(judge(name, evidence)).toBeGreaterThan(0);
  });
});
