import { connect, type Socket } from "node:net";
import { Duplex, Transform, type TransformCallback } from "node:stream";

/** A larger packet is no answer to what fob asks, in bytes. */
const MAX_PACKET = 512 * 1024;

const PACKET_BYTES = 32;
const HEADER_BYTES = 8;
/** Where the server's first answer has the mask of resource numbers, in bytes. */
const MASK_AT = 16;
const REPLY = 1;
const GENERIC_EVENT = 35;
const TCP_PORT = 6000;

/** Connects to an X server. Null where none listens, or where DISPLAY names none. */
export async function connectToDisplay(
  display: string,
  signal: AbortSignal,
): Promise<Duplex | null> {
  const [, host = "", number = ""] =
    /^(?:unix\/?)?([^/:]*):(\d{1,5})(?:\.\d+)?$/.exec(display) ?? [];
  if (number === "") return null;
  const path = `/tmp/.X11-unix/X${number}`;
  const port = TCP_PORT + Number(number);
  if (port > 65_535) return null;
  const places =
    host === "" || host === "unix" ? [{ path: `\0${path}` }, { path }] : [{ host, port }];
  for (const place of places) {
    const socket = await connected(place, signal);
    if (socket !== null) return guarded(socket);
  }
  return null;
}

function connected(
  place: { path: string } | { host: string; port: number },
  signal: AbortSignal,
): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect({ ...place, signal });
    socket.once("connect", () => resolve(socket)).once("error", () => resolve(null));
  });
}

/** The socket as a stream that ends with an error where the server exceeds what X allows here. */
function guarded(socket: Socket): Duplex {
  const checked = socket.pipe(checkPackets());
  socket.on("error", (error) => checked.destroy(error));
  checked.on("error", () => socket.destroy());
  const stream = Duplex.from({ readable: checked, writable: socket });
  // the package finds the cookie of Xauthority by them
  const { remoteAddress, remoteFamily } = socket;
  return Object.assign(stream, { remoteAddress, remoteFamily });
}

/**
 * Passes on whole packets of an X server. Fails at a packet that is too large, and at a first
 * answer with which the package would count without end.
 */
export function checkPackets(): Transform {
  let rest = Buffer.alloc(0);
  let isSetUp = false;
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= HEADER_BYTES) {
        const length = isSetUp ? packetLength(rest) : setupLength(rest);
        if (length > MAX_PACKET) return done(new Error("a packet of the X server is too large"));
        if (rest.length < length) break;
        const packet = rest.subarray(0, length);
        if (!isSetUp && isUnusable(packet)) return done(new Error("the X server is none"));
        isSetUp = true;
        this.push(packet);
        rest = rest.subarray(length);
      }
      done();
    },
  });
}

function setupLength(packet: Buffer): number {
  return HEADER_BYTES + packet.readUInt16LE(6) * 4;
}

function packetLength(packet: Buffer): number {
  const type = packet.readUInt8(0);
  const hasMore = type === REPLY || (type & 0x7f) === GENERIC_EVENT;
  return PACKET_BYTES + (hasMore ? packet.readUInt32LE(4) * 4 : 0);
}

/** A refusal has status 0 and its reason; a consent has status 1 and a mask with bits in it. */
function isUnusable(answer: Buffer): boolean {
  const status = answer.readUInt8(0);
  if (status === 0) return false;
  return status !== 1 || answer.length < MASK_AT + 4 || answer.readUInt32LE(MASK_AT) === 0;
}
