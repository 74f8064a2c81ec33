/**
 * Makes this thread tell what nobody catches, right before it ends by it, and show places in the sources of compiled
 * modules. Called once, by the entry module of a thread.
 */
export function watchThread(tell: (error: unknown, unhandledRejection: boolean) => void): void {
  process.setSourceMapsEnabled(true);
  process.on('uncaughtExceptionMonitor', (error, origin) => tell(error, origin === 'unhandledRejection'));
}
