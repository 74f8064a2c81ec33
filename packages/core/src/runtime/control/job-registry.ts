import { decodeUtf8 } from '../../base/bytes.js';
import { makeDurableFolder } from '../../base/durable-folder.js';
import { baseName, directoryOf, joinPath, resolvePath } from '../../base/paths.js';
import type { Platform } from '../../base/platform.js';
import { ControlNotAvailable } from './errors.js';
import { ControlServer, type ControlActions } from './control-server.js';

/** A running job as it has made itself known. */
export interface JobEntry {
  /** Eight hexadecimal digits, drawn anew for each run. */
  readonly id: string;
  readonly name: string;
  readonly pid: number;
  readonly host: string;
  /** Path of its control socket. */
  readonly socket: string;
  readonly checkpointDirectory: string | undefined;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

/** What a job that listens says of itself. */
export interface Announcement {
  readonly id: string;
  readonly name: string;
  /** Absolute path; undefined without checkpoints. */
  readonly checkpointDirectory: string | undefined;
  /** A folder for the socket, where the usual ones are not wanted. */
  readonly folder?: string;
}

/** A job that listens. */
export interface AnnouncedJob {
  readonly socketPath: string;
  /** Stops listening, and takes back what was said. */
  close(): Promise<void>;
}

/** Folder of a checkpoint directory in which its job listens. */
export const CONTROL_FOLDER = 'control';

/** The shortest limit among our systems. */
const LONGEST_SOCKET_PATH_BYTES = 103;

const ENTRY = /^\d+-[0-9a-f]{8}\.json$/;
const SOCKET = /^(\d+)-[0-9a-f]{8}\.sock$/;

/**
 * Lets a job listen and makes it known: in its checkpoint directory, and in the folder of its user, where `list` looks.
 * Rejects with `ControlNotAvailable` when there is no place for the socket.
 */
export async function announceJob(platform: Platform, job: Announcement, actions: ControlActions): Promise<AnnouncedJob> {
  if (platform.process.operatingSystem === 'win32') throw ControlNotAvailable.error({ what: 'Millrace has no control socket on Windows', remedy: 'Stop the job with Ctrl-C.' });
  const stem = `${platform.process.pid}-${job.id}`;
  const folders = socketFolders(platform, job);
  const problems: string[] = [];
  for (const folder of folders) {
    try {
      const path = joinPath(folder, `${stem}.sock`);
      const length = new TextEncoder().encode(path).length;
      if (length > LONGEST_SOCKET_PATH_BYTES) throw ControlNotAvailable.error({ what: `the path ${path} has ${length} bytes, more than the ${LONGEST_SOCKET_PATH_BYTES} of a socket` });
      // As the run would make it: the private folder is the last one only.
      makeDurableFolder(platform.files, directoryOf(folder));
      platform.files.makePrivateDirectory(folder);
      sweep(platform, folder);
      const server = await ControlServer.listen(platform, path, actions);
      const entries = makeKnown(platform, folders, `${stem}.json`, {
        id: job.id, name: job.name, pid: platform.process.pid, host: platform.machine.hostName(), socket: path, checkpointDirectory: job.checkpointDirectory, startedAt: platform.clock.now(),
      });
      return {
        socketPath: path,
        close: async () => {
          for (const entry of entries) remove(platform, entry);
          await server.close();
        },
      };
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw ControlNotAvailable.error({ what: `job "${job.name}" finds no place for its control socket`, why: problems.join('; ') });
}

/**
 * The jobs that have made themselves known and whose processes live: those of this user, or those in a checkpoint directory.
 * What dead processes have left is removed. Throws a coded error for a directory that may not be read.
 */
export function knownJobs(platform: Platform, directory?: string): readonly JobEntry[] {
  if (directory === undefined) return distinct(userFolders(platform).flatMap((folder) => (isOurs(platform, folder) ? sweep(platform, folder) : [])));
  const path = resolvePath(platform.process.cwd(), directory);
  return distinct([joinPath(path, CONTROL_FOLDER), path].flatMap((folder) => (platform.files.exists(folder) ? sweep(platform, folder) : [])));
}

/** Removes what a job has left that nobody can reach any more. */
export function forgetJob(platform: Platform, { id, pid, socket, checkpointDirectory }: JobEntry): void {
  const folders = [...userFolders(platform), ...(checkpointDirectory === undefined ? [] : [joinPath(checkpointDirectory, CONTROL_FOLDER)])];
  for (const folder of folders) remove(platform, joinPath(folder, `${pid}-${id}.json`));
  // The entry may be somebody else's, and name anything.
  if (SOCKET.test(baseName(socket))) remove(platform, socket);
}

/** Where the sockets of a job may be, best first. */
function socketFolders(platform: Platform, { checkpointDirectory, folder }: Announcement): readonly string[] {
  const own = folder !== undefined ? [resolvePath(platform.process.cwd(), folder)] : checkpointDirectory !== undefined ? [joinPath(checkpointDirectory, CONTROL_FOLDER)] : [];
  return [...own, ...userFolders(platform)];
}

/** The user's folders for running programs, best first. */
function userFolders(platform: Platform): readonly string[] {
  const runtime = platform.process.environment('XDG_RUNTIME_DIR');
  const temporary = joinPath(platform.files.temporaryDirectory(), `millrace-run-${platform.process.userId ?? 'user'}`);
  return runtime === undefined || !runtime.startsWith('/') ? [temporary] : [joinPath(runtime, 'millrace'), temporary];
}

function isOurs(platform: Platform, folder: string): boolean {
  if (!platform.files.exists(folder)) return false;
  try {
    platform.files.makePrivateDirectory(folder);
    return true;
  } catch {
    // Somebody else may have made it to be believed; who looks for jobs does not ask why.
    return false;
  }
}

/** Writes the entry wherever it can be looked for: in the job's own folder, and in the first of the user's that can be had. */
function makeKnown(platform: Platform, folders: readonly string[], name: string, entry: JobEntry): readonly string[] {
  const written: string[] = [];
  const ofUser = userFolders(platform);
  for (const folder of folders) {
    if (ofUser.includes(folder) && written.some((path) => ofUser.some((one) => path.startsWith(`${one}/`)))) continue;
    try {
      platform.files.makePrivateDirectory(folder);
      const temporary = joinPath(folder, `.${name}.tmp`);
      platform.files.writeFile(temporary, JSON.stringify({ millrace: 1, ...entry }), { permissions: 0o600 });
      platform.files.rename(temporary, joinPath(folder, name));
      written.push(joinPath(folder, name));
    } catch {
      // Then the job is found through the other folder, or by the path of its directory.
    }
  }
  return written;
}

/** Gives the entries of a folder, and removes those of dead processes with their sockets. */
function sweep(platform: Platform, folder: string): readonly JobEntry[] {
  const entries: JobEntry[] = [];
  const names = platform.files.readDirectory(folder).map(({ name }) => name);
  for (const name of names.filter((one) => ENTRY.test(one))) {
    const entry = readEntry(platform, joinPath(folder, name));
    if (entry === undefined) continue;
    if (isDead(platform, entry)) forgetJob(platform, entry);
    else entries.push(entry);
  }
  for (const name of names) {
    // Killed between its socket and its entry. Only where all processes are of this machine.
    const pid = Number(SOCKET.exec(name)?.[1] ?? Number.NaN);
    if (userFolders(platform).includes(folder) && !Number.isNaN(pid) && !platform.process.isAlive(pid)) remove(platform, joinPath(folder, name));
  }
  return entries;
}

function isDead(platform: Platform, { host, pid }: JobEntry): boolean {
  return host === platform.machine.hostName() && !platform.process.isAlive(pid);
}

function readEntry(platform: Platform, path: string): JobEntry | undefined {
  try {
    const entry = JSON.parse(decodeUtf8(platform.files.readFile(path))) as JobEntry & { readonly millrace: unknown };
    return entry.millrace === 1 && typeof entry.socket === 'string' && typeof entry.pid === 'number' ? entry : undefined;
  } catch {
    // It went away meanwhile.
    return undefined;
  }
}

function remove(platform: Platform, path: string): void {
  try {
    platform.files.unlink(path);
  } catch {
    // Somebody else was faster, or it may not be removed; then it says again that its process is dead.
  }
}

function distinct(entries: readonly JobEntry[]): readonly JobEntry[] {
  return [...new Map(entries.map((entry) => [entry.id, entry])).values()].sort((one, other) => one.startedAt - other.startedAt);
}
