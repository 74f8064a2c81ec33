import { runOnNode } from '@millrace/core/spi';
import { engine } from '../lib/engine.mjs';
import { GatedSource } from './gated-source.mjs';
import { KeyedRecords } from './keyed-records.mjs';
import { totals } from './totals.mjs';

/** Whoever takes checkpoints here asks for each. */
const NEVER_BY_ITSELF = 3_600_000;

/** Totals by user in this thread. Its records come in slices; each touches another part of the users. */
export class KeyedJob {
  #users;
  #records;
  #gate;
  #job;

  /** @param {{ keys: number, directory?: string }} options  with a directory the job takes checkpoints */
  constructor({ keys, directory }) {
    this.#users = keys;
    this.#records = new KeyedRecords(keys);
    this.#gate = new GatedSource(() => this.#records.next());
    const env = engine.StreamEnvironment.create();
    totals(env, this.#gate.source);
    this.#job = runOnNode(env.buildProgram('totals'), directory === undefined ? {} : { options: { 'checkpoint.dir': directory, 'checkpoint.interval': NEVER_BY_ITSELF } });
    this.#job.done.catch((error) => process.stderr.write(`${String(error)}\n`));
  }

  /** Gives every key its first record. */
  load() {
    return this.#gate.give(this.#users);
  }

  /** Gives every key another one. */
  touchAll() {
    this.#records.startOver();
    return this.load();
  }

  /** Works off so many records on `touched` keys, other ones than before; 0 for the same. */
  slice(records, touched) {
    if (touched > 0) this.#records.moveOn(touched);
    return this.#gate.give(records);
  }

  /** Takes a checkpoint; resolves when it is stored. */
  checkpoint() {
    return this.#job.checkpoint();
  }

  async end() {
    await this.#job.cancel();
  }
}
