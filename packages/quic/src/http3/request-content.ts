import { KeptContent } from './kept-content.ts';

/** One way through the content of a request. */
export interface OpenedContent {
  readonly content: Uint8Array | ReadableStream<unknown>;
  /** The value of 'content-type', where it belongs to this way through; undefined where the request has it. */
  readonly type: string | undefined;
}

/** The content of a request, which is sent again after redirects and when a server did not process it. */
export class RequestContent {
  /** Bytes of it; -1 where that is unknown. */
  readonly length: number;
  /** A way through it. */
  readonly open: () => OpenedContent;
  /** Undefined for content that can be sent any number of times. */
  private readonly kept: KeptContent | undefined;
  private readonly isStream: boolean;

  private constructor(length: number, open: () => OpenedContent, kept?: KeptContent, isStream = false) {
    this.length = length;
    this.open = open;
    this.kept = kept;
    this.isStream = isStream;
  }

  /**
   * The content of a request that was made with this `body`; undefined where there is none. What a `Request` was made of before is not
   * known: its beginning is kept.
   */
  static async of(request: Request, body: unknown): Promise<RequestContent | undefined> {
    const stream = request.body;
    if (stream === null) return undefined;
    if (body instanceof Blob)
      return new RequestContent(body.size, () => ({ content: body.stream(), type: undefined }));
    if (body instanceof FormData) return new RequestContent(-1, () => openForm(body));
    if (body === undefined || body === null || isStream(body)) {
      const kept = new KeptContent(stream);
      const open = (): OpenedContent => ({ content: kept.open(), type: undefined });
      return new RequestContent(-1, open, kept, isStream(body));
    }
    const bytes = new Uint8Array(await request.arrayBuffer());
    return new RequestContent(bytes.length, () => ({ content: bytes, type: undefined }));
  }

  /** Whether it can be sent: for the first time, or again because nothing was processed. */
  get canSend(): boolean {
    return this.kept?.canRepeat ?? true;
  }

  /**
   * Why it cannot be sent to where a redirect leads; undefined where it can. By the rules of the fetch standard a stream of the program
   * cannot, however little was sent of it.
   */
  get redirectRefusal(): string | undefined {
    if (this.isStream) return 'a stream';
    return this.canSend ? undefined : 'too long to keep';
  }

  /** It is not sent again. */
  settle(): void {
    this.kept?.settle();
  }
}

/** Each encoding of a form has another boundary, which its type names. */
function openForm(form: FormData): OpenedContent {
  const { body, headers } = new Response(form);
  return { content: body!, type: headers.get('content-type') ?? undefined };
}

function isStream(body: unknown): boolean {
  return (
    typeof body === 'object' &&
    body !== null &&
    (body instanceof ReadableStream || Symbol.asyncIterator in body)
  );
}
