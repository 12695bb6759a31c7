import type { DataStream, DataStreamHandlers } from '../session/data-stream.ts';
import { ReceiveSource, WebTransportReceiveStream } from './receive-stream.ts';
import { type SendSite, SendSink, WebTransportSendStream } from './send-stream.ts';

/** A stream both ways, https://www.w3.org/TR/webtransport/#bidirectional-stream. */
export class WebTransportBidirectionalStream {
  readonly readable: WebTransportReceiveStream;
  readonly writable: WebTransportSendStream;

  /** @internal */
  constructor(readable: WebTransportReceiveStream, writable: WebTransportSendStream) {
    this.readable = readable;
    this.writable = writable;
  }
}

/** What a session's stream is to a program, and who is told what happens on it. */
export interface StreamViews {
  readonly receiving: WebTransportReceiveStream | undefined;
  readonly sending: WebTransportSendStream | undefined;
  readonly handlers: DataStreamHandlers;
}

/** Web streams over the halves of a stream that there are. */
export function viewsOf(stream: DataStream, site: SendSite): StreamViews {
  const source = stream.isReadable ? new ReceiveSource(stream, () => site.wake()) : undefined;
  const sink = stream.isWritable ? new SendSink(stream, site) : undefined;
  return {
    receiving: source && new WebTransportReceiveStream(source),
    sending: sink && new WebTransportSendStream(sink, site),
    handlers: {
      onReadable: () => source?.onReadable(),
      onReset: (code) => source?.onReset(code),
      onWritable: () => sink?.onWritable(),
      onStopped: (code) => sink?.onStopped(code),
      onDelivered: () => sink?.onDelivered(),
      onGone: (end) => {
        const error = site.failureOf(end);
        source?.fail(error);
        sink?.fail(error);
      },
    },
  };
}
