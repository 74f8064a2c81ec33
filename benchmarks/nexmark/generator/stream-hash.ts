import { NexmarkGenerator } from './generator.js';

/** The hash of the first events of the stream, as eight hexadecimal digits: equal wherever the generator is the same. */
export function streamHash(events: number): string {
  const generator = new NexmarkGenerator();
  let hash = 0x811c9dc5;
  for (let n = 0; n < events; n++) {
    const line = `${Object.values(generator.event(n)).join('|')}\n`;
    for (let i = 0; i < line.length; i++) hash = Math.imul(hash ^ line.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
