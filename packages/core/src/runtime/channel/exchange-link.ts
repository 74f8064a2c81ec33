/** What one channel between threads needs of the link that it shares with others. */
export interface ExchangeLink {
  /** Sends the bytes of a frame; they are copied into a buffer that changes hands. */
  sendFrame(bytes: Uint8Array): void;
  /** Gives the credit of a batch back, and the buffer it came in. */
  sendCredit(buffer: ArrayBuffer): void;
}

/** The receiving end of a channel, as the link sees it. */
export interface FrameReceiver {
  /** A frame has come; the buffer belongs to the channel from now on. */
  received(buffer: ArrayBuffer, length: number): void;
}

/** The sending end of a channel, as the link sees it. */
export interface CreditReceiver {
  /** The receiver has worked a batch off. */
  credited(): void;
}
