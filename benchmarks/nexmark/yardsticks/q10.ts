import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { dayOf, minuteOf } from '../calendar.js';
import { NexmarkGenerator } from '../generator/generator.js';
import { BID } from '../model.js';
import type { Yardstick } from './yardstick.js';

/** Text that is collected before it is written. */
const BUFFERED = 64 * 1024;

/** Query 10 by hand. */
export const y10: Yardstick = {
  name: 'q10',
  run(events, _take, folder) {
    const generator = new NexmarkGenerator();
    let partition = '';
    let file = -1;
    let text = '';
    for (let n = 0; n < events; n++) {
      const event = generator.event(n);
      if (event.kind !== BID) continue;
      const { auction, bidder, price, dateTime, extra } = event;
      const minute = minuteOf(dateTime);
      if (minute !== partition) {
        partition = minute;
        if (file >= 0) {
          writeSync(file, text, null, 'utf8');
          closeSync(file);
          text = '';
        }
        const path = join(folder, `dt=${dayOf(dateTime)}`, `hm=${minute.replace(':', '')}`);
        mkdirSync(path, { recursive: true });
        file = openSync(join(path, 'part-0.ndjson'), 'w');
      }
      text += `${JSON.stringify({ auction, bidder, price, dateTime, extra })}\n`;
      if (text.length < BUFFERED) continue;
      writeSync(file, text, null, 'utf8');
      text = '';
    }
    if (file < 0) return;
    writeSync(file, text, null, 'utf8');
    closeSync(file);
  },
};
