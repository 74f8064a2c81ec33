import { fork } from 'node:child_process';

/** Runs a module in a process of its own, and gives the last message that it sent before its end. `what` names its work in an error. */
export function inFreshProcess(module, args, what, nodeFlags = []) {
  return new Promise((resolve, reject) => {
    const child = fork(module, args, { execArgv: [...nodeFlags], stdio: ['ignore', 2, 2, 'ipc'] });
    let result;
    child.on('message', (message) => (result = message));
    child.on('error', reject);
    child.on('exit', (code) => (result === undefined ? reject(new Error(`the process of "${what}" ended with ${code} and no result`)) : resolve(result)));
  });
}
