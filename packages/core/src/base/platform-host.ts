/** Memory of the process, in bytes. */
export interface MemoryUsage {
  /** What the system counts for the whole process. */
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  readonly heapTotalBytes: number;
  /** Array buffers and what native code holds. */
  readonly externalBytes: number;
}

/** Processor time the process has used, in milliseconds. */
export interface CpuUsage {
  readonly userMs: number;
  readonly systemMs: number;
}

/** The process we are, and others by their number. */
export interface ProcessInfo {
  readonly pid: number;
  /** Number of the user the process belongs to; undefined where users have none. */
  readonly userId: number | undefined;
  /** Version of the runtime, e.g. `v20.20.2`. */
  readonly runtimeVersion: string;
  readonly operatingSystem: string;
  readonly architecture: string;
  /** The directory that relative paths start from. */
  cwd(): string;
  /** The value of an environment variable; undefined where it is not set. */
  environment(name: string): string | undefined;
  /** All names set in the environment, sorted. For "did you mean", never to print values. */
  environmentNames(): readonly string[];
  memoryUsage(): MemoryUsage;
  cpuUsage(): CpuUsage;
  /** Whether a process of this number runs on this machine, also one of another user. */
  isAlive(pid: number): boolean;
}

/** Time one processor core has spent since the start of the machine, in milliseconds. */
export interface CoreTimes {
  readonly userMs: number;
  readonly niceMs: number;
  readonly systemMs: number;
  readonly idleMs: number;
  readonly interruptMs: number;
}

/** Room on the file system that holds a path, in bytes. */
export interface DiskSpace {
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** What an ordinary user may still fill. */
  readonly availableBytes: number;
}

/** Figures of the machine, as a metrics source reads them: each call reads anew. */
export interface MachineInfo {
  hostName(): string;
  uptimeSeconds(): number;
  cores(): readonly CoreTimes[];
  /** Load over 1, 5 and 15 minutes. */
  loadAverage(): readonly [number, number, number];
  totalMemoryBytes(): number;
  freeMemoryBytes(): number;
  diskSpace(path: string): DiskSpace;
}
