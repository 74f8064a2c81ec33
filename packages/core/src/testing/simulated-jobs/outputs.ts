import { decodeUtf8 } from '../../base/bytes.js';
import type { Platform } from '../../base/platform.js';
import type { Files } from '../../base/platform-files.js';
import type { Sink } from '../../connector/sink.js';
import { fileSink } from '../../connectors/file/file-sink.js';
import { json } from '../../formats/json/json.js';
import type { SimulatedPlatform } from '../simulation/simulated-platform.js';
import type { Reading } from './reading.js';
import type { Warehouse } from './warehouse.js';

/** Where the sinks of a simulated job put their rows. */
export interface Outputs {
  /** Whether rows can be read in the order of their commits. */
  readonly inOrder: boolean;
  sink(number: number, written: () => void): Sink<unknown>;
  /** What a reader sees now. */
  rows(number: number): Reading[];
  /** Hidden files and open transactions. */
  unfinished(): string[];
}

/** In a warehouse outside the machine. */
export function warehouseOutputs(warehouse: Warehouse): Outputs {
  const isAlive = (platform: Platform): boolean => !(platform as SimulatedPlatform).owner.killed;
  return {
    inOrder: true,
    sink: (number, written) => warehouse.sink(number, isAlive, written),
    rows: (number) => warehouse.rows(number) as Reading[],
    unfinished: () => [],
  };
}

/** In part files on the machine's disk, of which some are rolled between checkpoints. */
export function fileOutputs(files: () => Files, sinks: number): Outputs {
  const folder = (number: number): string => `/out/sink-${number}`;
  const namesIn = (number: number): string[] => (files().exists(folder(number)) ? files().readDirectory(folder(number)).map(({ name }) => name) : []);
  return {
    inOrder: false,
    sink: (number, written) => {
      const sink = fileSink<unknown>({ path: folder(number), format: json() as never, rollAfter: '30 ms', rollBytes: 2000 });
      return { ...sink, createWriter: (context, restored) => counted(sink.createWriter(context, restored as never), written) } as Sink<unknown>;
    },
    rows: (number) => namesIn(number).filter((name) => !name.startsWith('.')).flatMap((name) => linesOf(files(), `${folder(number)}/${name}`)),
    unfinished: () => Array.from({ length: sinks }, (_, number) => namesIn(number).filter((name) => name.startsWith('.')).map((name) => `${folder(number)}/${name}`)).flat(),
  };
}

function linesOf(files: Files, path: string): Reading[] {
  const text = decodeUtf8(files.readFile(path));
  return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Reading);
}

function counted<W extends { write(value: never, context: never): void }>(writer: W, written: () => void): W {
  const write = writer.write.bind(writer);
  writer.write = (value, context) => {
    write(value, context);
    written();
  };
  return writer;
}
