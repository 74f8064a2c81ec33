import { encodeUtf8, toHex } from '../../base/bytes.js';
import { crc32c } from '../../base/crc32c.js';

/**
 * Names of the files of a file sink: `part-<subtask>-<n>.<extension>` once committed. Before, all lie at the top of the
 * output directory under a name that begins with a dot and ends with the number of the run and a mark of the sink, so
 * that leftovers of a run that failed are told from files somebody else is writing.
 */
export interface PartNames {
  final(subtask: number, number: number): string;
  hidden(subtask: number, number: number, epoch: number): string;
}

/** What a hidden name says. */
export interface HiddenPart {
  readonly name: string;
  readonly subtask: number;
  readonly number: number;
  readonly epoch: number;
}

const FINAL = /^part-(\d+)-(\d+)(?:\.|$)/;
const HIDDEN = /^\.part-(\d+)-(\d+)(?:\..*)?\.run-(\d+)-([0-9a-f]{8})$/;

/** The names one sink gives. */
export function partNames(extension: string): (mark: string) => PartNames {
  const suffix = extension === '' ? '' : `.${extension}`;
  return (mark) => ({
    final: (subtask, number) => `part-${subtask}-${number}${suffix}`,
    hidden: (subtask, number, epoch) => `.part-${subtask}-${number}${suffix}.run-${epoch}-${mark}`,
  });
}

/** The mark of a sink: the same in each run of the job. */
export function sinkMark(job: string, operator: string): string {
  const sum = new Uint8Array(new Uint32Array([crc32c(encodeUtf8(`${job}\n${operator}`))]).buffer);
  return toHex(sum);
}

/** What a name says, when it is a hidden part of the sink with this mark. */
export function readHidden(name: string, mark: string): HiddenPart | undefined {
  const match = HIDDEN.exec(name);
  if (match === null || match[4] !== mark) return undefined;
  return { name, subtask: Number(match[1]), number: Number(match[2]), epoch: Number(match[3]) };
}

/** The number of a committed part; undefined for other names. */
export function finalNumber(name: string): number | undefined {
  const match = FINAL.exec(name);
  return match === null ? undefined : Number(match[2]);
}
