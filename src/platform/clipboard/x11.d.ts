// The package has no types of its own: these are of the parts that fob uses.
declare module "x11" {
  import type { Duplex } from "node:stream";

  /** An event of the server, with the fields of those that fob asks for. */
  interface XEvent {
    readonly name: string;
    readonly time: number;
    readonly requestor: number;
    readonly selection: number;
    readonly target: number;
    readonly property: number;
  }

  type Answer<T> = (error: Error | null | undefined, value: T) => true;

  interface XClient {
    on(event: "event", listener: (event: XEvent) => void): this;
    on(event: "error", listener: (error: Error) => void): this;
    AllocID(): number;
    CreateWindow(...numbers: readonly [...number[], { eventMask: number }]): void;
    InternAtom(onlyIfExists: boolean, name: string, answer: Answer<number>): void;
    ChangeProperty(
      mode: number,
      window: number,
      property: number,
      type: number,
      bits: number,
      data: Buffer | readonly number[],
    ): void;
    GetProperty(
      removes: 0,
      window: number,
      property: number,
      type: number,
      offset: number,
      words: number,
      answer: Answer<{ readonly data: Buffer }>,
    ): void;
    SetSelectionOwner(owner: number, selection: number, time: number): void;
    GetSelectionOwner(selection: number, answer: Answer<number>): void;
    SendEvent(window: number, propagates: number, mask: number, event: XEvent): void;
    close(closed: (error?: Error) => void): void;
  }

  interface XScreen {
    readonly screen: readonly { readonly root: number }[];
    readonly client: XClient;
  }

  export function createClient(
    options: {
      display: string;
      stream: Duplex;
      auth: undefined;
      disableBigRequests: true;
    },
    ready: (error: Error | undefined, display: XScreen) => void,
  ): XClient;
}
