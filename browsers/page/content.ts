import { eventually, expectEqual, expectThat, pause, Unsupported } from './expectation.ts';
import { askSeen, eventuallySeen, freshNumber, numbered, randomBytes, sha256 } from './server.ts';

/** Cases about content, large and small, both ways. */
export const CONTENT = {
  'download-50mb': () => download(50_000_000),
  'upload-50mb': () => upload(50_000_000),

  echo: async () => {
    // Browsers do not read the answer while they send: what does not fit into their window would wait for ever.
    const bytes = randomBytes(4_000_000);
    const response = await fetch('/echo', { method: 'POST', body: bytes });
    expectEqual('the checksum', await sha256(await response.arrayBuffer()), await sha256(bytes));
  },

  'requests-200': async () => {
    const wanted = Array.from({ length: 200 }, (_, index) => `answer ${index}`);
    const answers = await Promise.all(
      wanted.map(async (text) => (await fetch(`/say?text=${encodeURIComponent(text)}`)).text()),
    );
    expectEqual('the answers', answers, wanted);
  },

  'post-stream': async () => {
    if (!streamsRequests()) throw new Unsupported('the browser does not send streams');
    const number = freshNumber();
    const pieces = ['one', 'two', 'three'];
    let sent = 0;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      async pull(controller) {
        const piece = pieces.shift();
        if (piece === undefined) return controller.close();
        controller.enqueue(new TextEncoder().encode(piece));
        sent += piece.length;
        await eventuallySeen(`the piece ${piece}`, number, ({ received }) => received >= sent);
      },
    });
    const init = { method: 'POST', body, duplex: 'half' };
    const response = await fetch(numbered('/digest', number), init as RequestInit);
    const { text } = (await response.json()) as { text: string };
    expectEqual('what arrived', text, 'onetwothree');
  },

  compressed: async () => {
    const response = await fetch('/compressed');
    expectEqual('the coding', response.headers.get('content-encoding'), 'gzip');
    expectEqual('the content', await response.text(), 'compressed '.repeat(1000));
  },

  ranges: async () => {
    const response = await fetch('/ranged', { headers: { range: 'bytes=10-19' } });
    expectEqual('the status', response.status, 206);
    expectEqual('the range', response.headers.get('content-range'), 'bytes 10-19/100');
    expectEqual('the content', await response.text(), '0506070809');
  },

  conditional: async () => {
    const first = await fetch('/tagged');
    const text = await first.text();
    const number = freshNumber();
    const second = await fetch('/tagged', { cache: 'no-cache', headers: { 'x-number': number } });
    expectEqual('the status', second.status, 200);
    expectEqual('the content', await second.text(), text);
    const { fields } = await eventuallySeen('the second request', number, () => true);
    expectEqual('the condition', fields['if-none-match'], '"first"');
  },

  'slow-reader': async () => {
    const number = freshNumber();
    const length = 80_000_000;
    const response = await fetch(numbered(`/bytes?length=${length}`, number));
    const reader = response.body!.getReader();
    const first = (await reader.read()).value as Uint8Array<ArrayBuffer>;
    const sent = await untilSteady(async () => (await askSeen(number))?.sent ?? 0);
    const chunks = [first];
    for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value);
    const whole = await new Blob(chunks).arrayBuffer();
    expectEqual('the checksum', await sha256(whole), response.headers.get('x-sha256'));
    if (sent === length) throw new Unsupported('the browser reads on, whatever its page does');
  },

  'event-source': async () => {
    const source = new EventSource('/events');
    const seen: string[] = [];
    source.addEventListener('message', ({ data }) => void seen.push(data as string));
    await eventually('five events', () => (seen.length >= 5 ? true : undefined));
    source.close();
    expectEqual('the events', seen.slice(0, 5), ['1', '2', '3', '4', '5']);
  },

  xhr: async () => {
    const bytes = randomBytes(5_000_000);
    const request = new XMLHttpRequest();
    request.responseType = 'arraybuffer';
    // An answer that begins before the request is complete ends the progress of that in Firefox.
    request.open('POST', '/whole');
    const [up, down] = [progressOf(request.upload), progressOf(request)];
    const ended = new Promise((resolve) => request.addEventListener('loadend', resolve));
    request.send(bytes);
    await ended;
    expectEqual('the status', request.status, 200);
    for (const [which, seen] of Object.entries({ up, down })) {
      expectThat(seen.length > 0, `no progress ${which}`);
      expectEqual(`the progress ${which} at the end`, seen.at(-1), bytes.length);
      expectThat(
        seen.every((loaded, index) => loaded >= (seen[index - 1] ?? 1)),
        `the progress ${which} goes back: ${seen.join(' ')}`,
      );
    }
    expectEqual('the checksum', await sha256(request.response as ArrayBuffer), await sha256(bytes));
  },

  form: async () => {
    const form = new FormData();
    const file = randomBytes(100_000);
    form.set('name', 'value');
    form.set('file', new Blob([file]), 'file.bin');
    const response = await fetch('/form', { method: 'POST', body: form });
    expectEqual('what arrived', await response.json(), {
      name: 'value',
      fileName: 'file.bin',
      sha256: await sha256(file),
    });
  },

  beacon: async () => {
    const number = freshNumber();
    expectThat(navigator.sendBeacon(numbered('/digest', number), 'beacon'), 'the beacon was refused');
    await eventuallySeen('its content', number, ({ received }) => received === 6);
  },
};

/** The bytes that each event about progress told, the last one included. */
function progressOf(target: XMLHttpRequestEventTarget): readonly number[] {
  const seen: number[] = [];
  for (const type of ['progress', 'load'] as const)
    target.addEventListener(type, ({ loaded }) => void seen.push(loaded));
  return seen;
}

async function download(length: number): Promise<void> {
  const response = await fetch(`/bytes?length=${length}`);
  const bytes = await response.arrayBuffer();
  expectEqual('the length', bytes.byteLength, length);
  expectEqual('the checksum', await sha256(bytes), response.headers.get('x-sha256'));
}

async function upload(length: number): Promise<void> {
  const bytes = randomBytes(length);
  const response = await fetch('/digest', { method: 'POST', body: bytes });
  expectEqual('what arrived', await response.json(), { bytes: length, sha256: await sha256(bytes) });
}

/** Whether this browser sends streams as they come: only then it looks at `duplex`, and makes no text of them. */
function streamsRequests(): boolean {
  let isAsked = false;
  const init = {
    method: 'POST',
    body: new ReadableStream(),
    get duplex() {
      isAsked = true;
      return 'half';
    },
  };
  return !new Request('/', init as RequestInit).headers.has('content-type') && isAsked;
}

/** Resolves to a number that has been the same for a second. */
async function untilSteady(ask: () => Promise<number>): Promise<number> {
  let last = await ask();
  for (let same = 0; same < 10;) {
    await pause(100);
    const next = await ask();
    same = next === last && next > 0 ? same + 1 : 0;
    last = next;
  }
  return last;
}
