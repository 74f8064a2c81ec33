package dev.millrace.nexmark;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** When a run began and ended: from the source's split to the last flush of the sinks, in this one process. */
final class Meter {
  private static final com.sun.management.OperatingSystemMXBean SYSTEM = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private static volatile long cpuBefore;
  private static volatile long wallBefore;
  private static volatile boolean began;
  static volatile long rows;
  static volatile double cpu;
  static volatile double wall;

  private Meter() {}

  static void reset() {
    rows = 0;
    began = false;
  }

  /** Counts from here; only the first call does, since a plan may read the stream twice. */
  static synchronized void begin() {
    if (began) return;
    began = true;
    cpuBefore = SYSTEM.getProcessCpuTime();
    wallBefore = System.nanoTime();
  }

  /** A sink has flushed its last rows, so many in all; the last of several ends the run. */
  static synchronized void end(long count) {
    rows += count;
    cpu = (SYSTEM.getProcessCpuTime() - cpuBefore) / 1e9;
    wall = (System.nanoTime() - wallBefore) / 1e9;
  }

  /** Seconds of processor time since the process began. */
  static double cpuOfProcess() {
    return SYSTEM.getProcessCpuTime() / 1e9;
  }

  /** The most memory the process had so far, in MB; 0 where the system does not tell. */
  static long memoryMb() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("VmHWM")) return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
      }
    } catch (IOException unknown) {
      return 0;
    }
    return 0;
  }
}
