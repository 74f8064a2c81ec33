import { withTemporaryFolder } from '../lib/temporary-folder.mjs';
import { KeyedJob } from './keyed-job.mjs';

const LIMIT = 0.05;

/** How much of a million keys is written again when ten thousand have changed. */
export const part = {
  title: 'incremental',
  cases: ['10k of 1M keys'],
  run: (_name, { smoke }) =>
    withTemporaryFolder(async (directory) => {
      const keys = smoke ? 2_000 : 1_000_000;
      const job = new KeyedJob({ keys, directory });
      await job.load();
      const full = await job.checkpoint();
      const written = [];
      for (let taken = 0; taken < 3; taken++) {
        await job.slice(keys / 10, keys / 100);
        written.push((await job.checkpoint()).newBytes);
      }
      await job.end();
      const share = Math.max(...written) / full.newBytes;
      return [
        {
          what: 'an incremental checkpoint, 10k of 1M keys touched, as a part of the whole', value: share * 100, unit: '%', goal: `≤ ${LIMIT * 100} %`, holds: share <= LIMIT,
          detail: `${(full.newBytes / 1e6).toFixed(1)} MB whole, then ${written.map((bytes) => (bytes / 1e6).toFixed(2)).join(', ')} MB`,
        },
      ];
    }),
};
