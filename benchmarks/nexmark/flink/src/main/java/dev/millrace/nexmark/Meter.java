package dev.millrace.nexmark;

import java.lang.management.ManagementFactory;

/** When a run began and ended: from the source's split to the last flush of the sinks, in this one process. */
final class Meter {
  private static final com.sun.management.OperatingSystemMXBean SYSTEM = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private static volatile long cpuBefore;
  private static volatile long wallBefore;
  static volatile double cpu;
  static volatile double wall;

  private Meter() {}

  static void begin() {
    cpuBefore = SYSTEM.getProcessCpuTime();
    wallBefore = System.nanoTime();
  }

  static void end() {
    cpu = (SYSTEM.getProcessCpuTime() - cpuBefore) / 1e9;
    wall = (System.nanoTime() - wallBefore) / 1e9;
  }
}
