import { describe, expect, test } from '@jest/globals';
import { UNKNOWN_VERSION } from '../wire/version-probe.ts';
import type { Evidence } from './case.ts';
import { CASES } from './catalogue.ts';

const wire: NonNullable<Evidence['wire']> = {
  clientVersions: [1],
  serverVersions: [1],
  handshakeVersions: [1],
  versionNegotiations: [],
  retries: 0,
  handshakes: 1,
  offeredSuites: [0x1301, 0x1303],
  chosenSuite: 0x1301,
  chosenGroup: 0x001d,
  resumptions: 0,
  earlyPackets: 0,
  answeredPlaces: 1,
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
  lost: 0,
  captureFaults: [],
  goodput: undefined,
  wire,
};

const negotiated = { ...wire, clientVersions: [UNKNOWN_VERSION, 1], versionNegotiations: [[1]] };
const VERSION_2 = 0x6b3343cf;
const inTwo = {
  ...wire,
  clientVersions: [VERSION_2],
  serverVersions: [VERSION_2],
  handshakeVersions: [VERSION_2],
};
const failed = { ...good, clientSucceeded: false, clientFault: 'exit code 1' };

function judge(name: string, evidence: Evidence): number {
  const found = CASES.find((testCase) => testCase.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return found.judge(evidence).length;
}

describe('which evidence passes a case', () => {
  test.each<readonly [string, Evidence]>([
    ['transfer', good],
    ['versionnegotiation', { ...good, wire: negotiated }],
    ['versionnegotiation', { ...failed, abandonedVersion: true, wire: negotiated }],
    ['keyupdate-server', { ...good, updated: { client: 1, server: 1 } }],
    ['v2-direct', { ...good, wire: inTwo }],
    ['migration-port', { ...good, wire: { ...wire, answeredPlaces: 2 } }],
    ['migration-addr', { ...good, wire: { ...wire, answeredPlaces: 2 } }],
    ['datagrams', good],
    ['transfer-datagram-send', good],
    ['postquantum', { ...good, wire: { ...wire, chosenGroup: 0x11ec } }],
    ['loss', { ...good, lost: 60 }],
  ])('%s %#', (name, evidence) => {
    expect(judge(name, evidence)).toBe(0);
  });

  test.each<readonly [string, string, Evidence]>([
    ['transfer', 'a file that differs', { ...good, fileFaults: ['0 differs'] }],
    ['transfer', 'a client that failed', failed],
    ['transfer', 'two connections', { ...good, captureFaults: ['2 handshakes'] }],
    ['datagrams', 'two connections', { ...good, wire: { ...wire, handshakes: 2 } }],
    ['keyupdate-server', 'a peer that stays behind', { ...good, updated: { client: 1, server: 0 } }],
    ['keyupdate-server', 'a server that keeps its keys', { ...good, updated: { client: 9, server: 0 } }],
    ['keyupdate-server', 'want of a key log', good],
    ['v2-direct', 'a server that stays with version 1', good],
    [
      'v2-direct',
      'a client that begins with version 1',
      { ...good, wire: { ...inTwo, clientVersions: [1] } },
    ],
    [
      'v2-direct',
      'Handshake packets of version 1',
      { ...good, wire: { ...inTwo, handshakeVersions: [1, VERSION_2] } },
    ],
    [
      'v2-direct',
      'a Version Negotiation packet',
      { ...good, wire: { ...inTwo, versionNegotiations: [[VERSION_2]] } },
    ],
    ['migration-port', 'a client that stays', good],
    ['migration-addr', 'a client that stays', good],
    ['datagrams', 'a client that misses one', failed],
    ['webtransport-handshake', 'another protocol', { ...good, fileFaults: ["noted 'birch'"] }],
    ['transfer-unidirectional-send', 'two connections', { ...good, wire: { ...wire, handshakes: 2 } }],
    ['postquantum', 'another group', good],
    ['versionnegotiation', 'a client that began with version 1', { ...good, wire }],
    ['versionnegotiation', 'a client that just failed', { ...failed, wire: negotiated }],
    ['loss', 'a way that loses nothing', good],
  ])('%s fails for %s', (name, _what, evidence) => {
    expect(judge(name, evidence)).toBeGreaterThan(0);
  });
});
