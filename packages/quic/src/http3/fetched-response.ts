import { quietReads } from './quiet-reads.ts';

/** How a response came about, which programs read and cannot set. */
export interface ResponseFacts {
  readonly url: string;
  readonly redirected: boolean;
  readonly trailers: Promise<Headers>;
}

const facts = new WeakMap<Response, ResponseFacts>();

/** Content of a response, and whether a program has taken it from there. */
interface Content {
  readonly body: ReadableStream<Uint8Array>;
  isTaken: boolean;
}

const contents = new WeakMap<Response, Content>();

/** Content that nobody can read any more holds back a connection: its request is given up. */
const forgotten = new FinalizationRegistry<Content>(({ body, isTaken }) => {
  if (!isTaken && !body.locked) void body.cancel().catch(nothing);
});

/** A response as the platform has it, with the URL that it came from. */
class FetchedResponse extends Response {
  static {
    const { prototype } = this;
    const { get: bodyOf } = Object.getOwnPropertyDescriptor(Response.prototype, 'body')!;
    quietReads(prototype, (original, copy) => facts.set(copy, facts.get(original)!));
    Object.defineProperties(prototype, {
      url: getter((response) => facts.get(response)!.url),
      redirected: getter((response) => facts.get(response)!.redirected),
      type: getter(() => 'basic'),
      body: getter((response) => {
        const content = contents.get(response);
        if (content !== undefined) content.isTaken = true;
        return bodyOf!.call(response) as unknown;
      }),
    });
  }
}

function getter(get: (response: Response) => unknown): PropertyDescriptor {
  return {
    configurable: true,
    enumerable: true,
    get(this: Response) {
      return get(this);
    },
  };
}

/** A response that was fetched. */
export function responseOf(
  answer: {
    readonly status: number;
    readonly headers: Headers;
    readonly body: ReadableStream<Uint8Array> | null;
  },
  known: ResponseFacts,
): Response {
  const { status, headers, body } = answer;
  const response = new FetchedResponse(body, { status, headers });
  facts.set(response, known);
  if (body !== null) {
    const content = { body, isTaken: false };
    contents.set(response, content);
    forgotten.register(response, content);
  }
  return response;
}

/**
 * The fields after the content of a response from `fetch`, which has to be read for them to come; empty where there are none. Rejects
 * where the response is cut short; the promise may be ignored. Undefined for responses from elsewhere. RFC 9110 §6.5
 */
export function trailersOf(response: Response): Promise<Headers> | undefined {
  return facts.get(response)?.trailers;
}

function nothing(): void {}
