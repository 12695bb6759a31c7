import { quietReads } from './quiet-reads.ts';

/** How a response came about, which programs read and cannot set. */
export interface ResponseFacts {
  readonly url: string;
  readonly redirected: boolean;
  readonly trailers: Promise<Headers>;
}

const facts = new WeakMap<Response, ResponseFacts>();

/** A response as the platform has it, with the URL that it came from. */
class FetchedResponse extends Response {
  static {
    const { prototype } = this;
    quietReads(prototype, (original, copy) => facts.set(copy, facts.get(original)!));
    Object.defineProperties(prototype, {
      url: getter((response) => facts.get(response)!.url),
      redirected: getter((response) => facts.get(response)!.redirected),
      type: getter(() => 'basic'),
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
  return response;
}

/**
 * The fields after the content of a response from `fetch`, which has to be read for them to come; empty where there are none. Rejects
 * where the response is cut short; the promise may be ignored. Undefined for responses from elsewhere. RFC 9110 §6.5
 */
export function trailersOf(response: Response): Promise<Headers> | undefined {
  return facts.get(response)?.trailers;
}
