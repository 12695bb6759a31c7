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
  /** Whether it can be sent any number of times. A stream cannot, also where none of it was sent. */
  readonly canRepeat: boolean;
  /** A way through it. */
  readonly open: () => OpenedContent;

  private constructor(length: number, canRepeat: boolean, open: () => OpenedContent) {
    this.length = length;
    this.canRepeat = canRepeat;
    this.open = open;
  }

  /** The content of a request that was made with this `body`; undefined where there is none. */
  static async of(request: Request, body: unknown): Promise<RequestContent | undefined> {
    const stream = request.body;
    if (stream === null) return undefined;
    if (body instanceof Blob)
      return new RequestContent(body.size, true, () => ({ content: body.stream(), type: undefined }));
    if (body instanceof FormData) return new RequestContent(-1, true, () => openForm(body));
    if (body === undefined || body === null || isStream(body))
      return new RequestContent(-1, false, () => ({ content: stream, type: undefined }));
    const bytes = new Uint8Array(await request.arrayBuffer());
    return new RequestContent(bytes.length, true, () => ({ content: bytes, type: undefined }));
  }

  /** Whether it can be sent: for the first time, or again. */
  get isReady(): boolean {
    if (this.canRepeat) return true;
    const { content } = this.open();
    return content instanceof Uint8Array || !content.locked;
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
