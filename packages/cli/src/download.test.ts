import { describe, expect, test } from '@jest/globals';
import { MemoryStream } from '../test/memory-stream.ts';
import { Download } from './download.ts';
import type { DownloadResult } from './download-outcome.ts';
import { parseTarget } from './fetch-target.ts';
import { createSink } from './sink.ts';

const TARGET = parseTarget('https://example.com/file');
const HELLO_SHA256 = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';

describe('a download', () => {
  test('asks, reads to the end and reports', async () => {
    const { stream, download, result } = begin();
    expect(Buffer.from(stream.written).toString()).toBe('GET /file\r\n');
    expect(stream.ended).toBe(true);
    stream.arrive('hel');
    download.onReadable();
    stream.arrive('lo', true);
    download.onReadable();
    expect(await result).toEqual({ target: TARGET, bytes: 5, sha256: HELLO_SHA256, failure: undefined });
  });

  test('may be empty', async () => {
    const { stream, download, result } = begin();
    stream.arrive('', true);
    download.onReadable();
    expect(await result).toMatchObject({ bytes: 0, failure: undefined });
  });

  test('sends the rest of the request when the stream has room', () => {
    const stream = new MemoryStream();
    stream.roomBytes = 4;
    const { download } = begin(stream);
    stream.roomBytes = 100;
    download.onWritable();
    download.onWritable();
    expect(Buffer.from(stream.written).toString()).toBe('GET /file\r\n');
  });

  test.each([
    [404, 'ERR_QUIC_STREAM_RESET', 'no such file (0x194)'],
    [77, 'ERR_QUIC_STREAM_RESET', 'gave up on this file (0x4d)'],
  ])('reports a reset with %i', async (code, name, says) => {
    const { download, result } = begin();
    download.onReset(code);
    const { failure } = await result;
    expect(failure).toMatchObject({ code: name, message: expect.stringContaining(says) });
  });

  test('waits for the event that tells why its stream is gone', async () => {
    const { stream, download, result } = begin();
    stream.gone = true;
    download.onReadable();
    download.fail(new Error('closed'));
    download.fail(new Error('again'));
    expect(await result).toMatchObject({ failure: new Error('closed') });
  });
});

interface Begun {
  readonly stream: MemoryStream;
  readonly download: Download;
  readonly result: Promise<DownloadResult>;
}

function begin(stream: MemoryStream = new MemoryStream()): Begun {
  let report: (result: DownloadResult) => void = () => {};
  const result = new Promise<DownloadResult>((resolve) => (report = resolve));
  const download = new Download(TARGET, stream, createSink({ path: '', checksum: true }), {
    onBytes: () => {},
    onRead: () => {},
    onReleased: () => {},
    onResult: (value) => report(value),
  });
  return { stream, download, result };
}
