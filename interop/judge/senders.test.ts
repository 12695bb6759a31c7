import { expect, test } from '@jest/globals';
import { createSenders } from './senders.ts';

const server = { host: '127.0.0.1', port: 4433 };
const preferred = { host: '127.0.0.1', port: 4434 };
const client = { host: '127.0.0.1', port: 50_000 };
const moved = { host: '127.0.0.2', port: 50_001 };

test('who talks with the server is the client, and who talks with the client is the server', () => {
  const senders = createSenders({ server });
  expect(senders.of(client, server)).toBe('client');
  expect(senders.of(server, client)).toBe('server');
  expect(senders.of(moved, server)).toBe('client');
  expect(senders.of(client, preferred)).toBe('client');
  expect(senders.of(preferred, moved)).toBe('server');
});

test('a preferred address is the server from the first datagram on', () => {
  expect(createSenders({ server, preferred }).of(preferred, moved)).toBe('server');
});

test('two strangers are an error', () => {
  expect(() => createSenders({ server }).of(client, preferred)).toThrow('both unknown');
});
